"""A process that ends at one of the calls of its database, before it is done or afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from storing.worker import Worker


class KilledError(BaseException):
    """The process ended here."""


class Kill:
    """Ends a process in the middle of what it writes."""

    def __init__(self) -> None:
        self._left: int | None = None
        self._done = False

    def threaten(self, worker: Worker) -> None:
        """Have the process end by a call of this worker, from now on whenever it is to."""
        run = worker._run

        async def killed(*work: Any) -> Any:
            if self._left is None:
                return await run(*work)
            self._left -= 1
            if self._left == 0 and self._done:
                await run(*work)
            if self._left <= 0:
                raise KilledError
            return await run(*work)

        worker._run = killed  # type: ignore[assignment]

    @contextmanager
    def at(self, call: int, *, done: bool) -> Iterator[None]:
        """Have the process end at a call within the context; the call itself may be `done`."""
        self._left, self._done = call, done
        try:
            yield
        except KilledError:
            pass
        finally:
            self._left = None
