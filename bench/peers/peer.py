"""A peer as a measurement asks for it. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer: its kind (see `server`), its chain's file, and how many blocks of it it has."""

    kind: str
    chain: str
    length: int
