"""A program that runs beside us: started, waited for, stopped by its own process id."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from understudy.errors import StackError
from understudy.stack import tether

_START_SECONDS = 60.0
"""Many, for a machine that is busy with others: one that ended by itself is told at once."""

_STOP_SECONDS = 10.0
_ASK_SECONDS = 0.05
_TAIL_LINES = 15


class Program:
    """One program; it ends with us, however we end.

    Start it from the main thread: the kernel ends it when the thread that started it ends.
    `log` is the file that takes what it prints; `ready_url` answers 200 once it is ready.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        ready_url: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self.ready_url = ready_url
        self._command = [str(word) for word in command]
        self._environment = {**os.environ, **(environment or {})}
        self._process: asyncio.subprocess.Process | None = None
        self._wanted = False
        self._said = ""

    @property
    def url(self) -> str:
        """Where it is, such as "http://127.0.0.1:9877"."""
        parts = urlsplit(self.ready_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def pid(self) -> int | None:
        """Its process id, None before the first start."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.returncode is None

    @property
    def status(self) -> int | None:
        """How it ended: its exit status, or the number of the signal that killed it, negated."""
        return self._process.returncode if self._process else None

    async def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            StackError: it ended, or wasn't ready in time; the text has the last of its log.
        """
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-IS",
                tether.__file__,
                str(os.getpid()),
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )
        self._wanted = True
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._ready(self._process)
        except TimeoutError as error:
            await self.stop()
            says = f" (it says: {self._said})" if self._said else ""
            raise StackError(self._sad(f"was not ready in time{says}")) from error
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Ask it to end, and end it by force if it doesn't within some seconds."""
        self._wanted = False
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it as by SIGKILL."""
        self._wanted = False
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def ended(self) -> None:
        """Wait for it to end, asked or not.

        Raises:
            StackError: it ended without having been asked.
        """
        if self._process:
            await self._process.wait()
        if self._wanted:
            raise StackError(self._sad("ended by itself"))

    def tail(self) -> str:
        """Return the last lines of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        # No secret is sent, so that the answer may come from anybody; reading all of the system's
        # certificates would hold up the event loop.
        async with httpx.AsyncClient(
            trust_env=False,
            verify=False,  # noqa: S501  # nosec B501 # as said above
        ) as client:
            while process.returncode is None:
                with contextlib.suppress(httpx.HTTPError):
                    answer = await client.get(self.ready_url)
                    if answer.status_code == httpx.codes.OK:
                        return
                    self._said = answer.text.strip()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_ASK_SECONDS):
                        await process.wait()
        raise StackError(self._sad(f"ended with status {process.returncode}"))

    def _sad(self, what: str) -> str:
        return f"{self.name} {what}; the end of {self.log}:\n{self.tail()}"
