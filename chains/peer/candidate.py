"""One peer in a search: what it claims, what was found of it, and what went wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from chains.errors import ChainError, TooMuchError
from chains.peer.client import Head, PeerClient
from chains.peer.course import Course
from chains.peer.findings import Branch
from chains.peer.trail import Trail


@dataclass(frozen=True, slots=True)
class Found:
    """A chain that was verified; `trail` begins at height 1, or above `fork` where that is held."""

    trail: Trail
    fork: int

    @property
    def end(self) -> tuple[int, str]:
        """Return height and hash of its newest block."""
        return self.trail.length, self.trail.tip


@dataclass(slots=True)
class Candidate:
    """A peer while it is looked at. `course` tells how the reading goes that is under way."""

    client: PeerClient
    course: Course = field(default_factory=lambda: Course.begun(time.monotonic()))
    head: Head | None = None
    tried: bool = False
    reading: bool = False
    asked_again: bool = False
    found: Found | None = None
    deep: Branch | None = None
    error: ChainError | None = None

    @property
    def name(self) -> str:
        """Return the peer's name."""
        return self.client.name

    @property
    def claim(self) -> tuple[int, str]:
        """Return the length in blocks and the newest hash that it claims, (0, "") if none."""
        return (self.head.length, self.head.hash) if self.head else (0, "")


class Allowance:
    """How many blocks all readings together may hold the hashes of; the greediest one gives way."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: dict[str, int] = {}

    def take(self, peer: str, blocks: int) -> None:
        """Take some for a peer.

        Raises:
            TooMuchError: there are too many, and nobody has more of them.
        """
        taken = self._taken[peer] = self._taken.get(peer, 0) + blocks
        if sum(self._taken.values()) > self._most and taken == max(self._taken.values()):
            del self._taken[peer]
            raise TooMuchError(peer, f"sent {taken:,} blocks and no end")

    def give_back(self, peer: str) -> None:
        """Give back what a peer has taken."""
        self._taken.pop(peer, None)
