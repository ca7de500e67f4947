"""How large a whole chain is said to be. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """In bytes, and its tag; None where it isn't said."""

    bytes: int | None
    tag: str | None
