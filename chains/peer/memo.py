"""What is remembered of peers from poll to poll, so that what hasn't changed costs little.

What the first bytes of a whole chain are worth depends on these bytes alone. So how far a chain is
verified is remembered by the hash of all bytes up to there: one whose beginning is the same as the
last time, or as another peer's, is hashed and not verified again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from chains.peer.blocks import PeerBlock
from chains.peer.size import Size
from chains.peer.stream import Whole

CHUNK = 256 * 1024
"""Bytes after which it is remembered how far a whole chain is verified."""

_ENTRY = 1024
"""Bytes that an entry takes beside hashes and rest."""

_EXAMINED_AGAIN = 600.0
"""Seconds after which a peer that was no node of our own kind is asked again whether it is."""

_READ_AGAIN = 900.0
"""Seconds after which a whole chain is read even if its size is what it was: it is no proof."""

_MOST_PEERS = 10_000


@dataclass(frozen=True, slots=True)
class Body:
    """A whole chain as it was read at a time (seconds, monotonic), and its size then."""

    size: Size
    whole: Whole
    at: float


@dataclass(frozen=True, slots=True)
class Proven:
    """Up to where a branch is verified that may not be taken.

    It follows the held block `base` (height and hash; 0, "": none), `first` is the hash of its
    first block, and up to `newest`, whose body isn't kept, it takes `size` bytes.
    """

    base: tuple[int, str]
    first: str
    newest: PeerBlock
    size: int


class Memory:
    """Kept by whoever asks the same peers again; nothing in it is needed to be right.

    `most` is about how many bytes it may take. Times are seconds of a monotonic clock.
    """

    def __init__(self, most: int = 48 * 1024 * 1024) -> None:
        self._most, self._taken = most, 0
        self._states: OrderedDict[bytes, Whole] = OrderedDict()
        self._plain: OrderedDict[str, float] = OrderedDict()
        self._bodies: OrderedDict[str, Body] = OrderedDict()
        self._branches: OrderedDict[str, Proven] = OrderedDict()

    def state(self, digest: bytes) -> Whole | None:
        """Return how far the bytes with this hash are verified, None if that isn't known."""
        state = self._states.get(digest)
        if state is not None:
            self._states.move_to_end(digest)
        return state

    def remember(self, digest: bytes, state: Whole) -> None:
        """Remember how far the bytes with this hash are verified."""
        if digest in self._states:
            return
        self._states[digest] = state
        self._taken += _cost(state)
        while self._taken > self._most:
            _, oldest = self._states.popitem(last=False)
            self._taken -= _cost(oldest)

    def is_plain(self, url: str, now: float) -> bool:
        """Tell whether a peer is known to speak the plain protocol only."""
        return now - self._plain.get(url, float("-inf")) < _EXAMINED_AGAIN

    def note_plain(self, url: str, now: float) -> None:
        """Remember that a peer speaks the plain protocol only."""
        self._plain.setdefault(url, now)
        if now - self._plain[url] >= _EXAMINED_AGAIN:
            self._plain[url] = now
        _trim(self._plain)

    def body(self, url: str, now: float) -> Body | None:
        """Return a peer's whole chain as it was last read, None if that is too long ago."""
        body = self._bodies.get(url)
        return body if body is not None and now - body.at < _READ_AGAIN else None

    def note_body(self, url: str, body: Body) -> None:
        """Remember a peer's whole chain."""
        self._bodies[url] = body
        self._bodies.move_to_end(url)
        _trim(self._bodies)

    def branch(self, url: str) -> Proven | None:
        """Return how far a peer's branch is verified that may not be taken, None if unknown."""
        return self._branches.get(url)

    def note_branch(self, url: str, proven: Proven) -> None:
        """Remember how far a peer's branch is verified."""
        self._branches[url] = proven
        self._branches.move_to_end(url)
        _trim(self._branches)


def _cost(state: Whole) -> int:
    return _ENTRY + len(state.rest) + state.trail.own_bytes


def _trim(some: OrderedDict[str, Any]) -> None:
    while len(some) > _MOST_PEERS:
        some.popitem(last=False)
