"""The hashes of a chain's blocks, 32 bytes a block, in a tree: shared by all. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chains.peer.blocks import PeerBlock

_SIZE = 32
_MERGED = 1024 * _SIZE
"""Bytes below which a piece is put together with the next, so that a chain is few pieces."""


class Trail:
    """The hashes at the heights `first`.. of a verified chain, after those of `before`.

    Never changes. Without `before` nothing is known below `first`; there may be no hash in it.
    """

    __slots__ = ("_digests", "before", "first", "length")

    def __init__(self, before: Trail | None, first: int, digests: bytes) -> None:
        self.before, self.first, self._digests = before, first, digests
        self.length = first - 1 + len(digests) // _SIZE

    @property
    def tip(self) -> str:
        """Return the newest hash, "" if there is none."""
        return self.hash_at(self.length) or ""

    @property
    def own_bytes(self) -> int:
        """Return what it takes in memory beside what it shares with `before`."""
        return len(self._digests)

    def hash_at(self, height: int) -> str | None:
        """Return the hash at a height, None where none is known."""
        for piece in self._pieces():
            if piece.first <= height:
                start = (height - piece.first) * _SIZE
                return piece._digests[start : start + _SIZE].hex() or None
        return None

    def has(self, height: int, block_hash: str) -> bool:
        """Tell whether the chain has this block."""
        return self.hash_at(height) == block_hash

    def extended(self, blocks: Sequence[PeerBlock]) -> Trail:
        """Return the chain with some more blocks."""
        digests = bytes.fromhex("".join([block.hash for block in blocks]))
        if len(self._digests) + len(digests) <= _MERGED:
            return Trail(self.before, self.first, self._digests + digests)
        return Trail(self if self._digests else self.before, self.length + 1, digests)

    def cut(self, height: int) -> Trail:
        """Return the chain up to a height."""
        for piece in self._pieces():
            if piece.first <= height:
                kept = (height + 1 - piece.first) * _SIZE
                return Trail(piece.before, piece.first, piece._digests[:kept])
            oldest = piece
        return Trail(None, oldest.first, b"")

    def last_common(self, other: Trail) -> int:
        """Return the newest height at which both have the same block, 0 if there is none."""
        low, high = 0, min(self.length, other.length)
        while low < high:
            middle = (low + high + 1) // 2
            here = self.hash_at(middle)
            if here is not None and here == other.hash_at(middle):
                low = middle
            else:
                high = middle - 1
        return low

    def _pieces(self) -> Iterator[Trail]:
        piece: Trail | None = self
        while piece is not None:
            yield piece
            piece = piece.before


NOTHING = Trail(None, 1, b"")
"""No chain at all."""
