"""What a look at a peer shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from chains.errors import ChainError, InvalidBlockError, TooMuchError
from chains.peer.trail import Trail


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a peer showed.

    `trail` is its verified chain; without one `error` says why, unless it wasn't looked at yet.
    `length` and `tip` are what it claims, None where it claims nothing that can be true.
    """

    trail: Trail | None = None
    length: int | None = None
    tip: str | None = None
    error: ChainError | None = None

    @property
    def reached(self) -> bool:
        """Tell whether the peer was looked at, and answered."""
        return self.trail is not None or self.invalid

    @property
    def invalid(self) -> bool:
        """Tell whether it shows a chain that isn't valid."""
        return isinstance(self.error, InvalidBlockError | TooMuchError)
