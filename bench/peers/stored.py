"""A chain as ready bytes, in both forms in which nodes send it: nothing is encoded when asked."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from chains.peer.blocks import hash_of

_LEVEL = 1
"""That of our own nodes, which pack while somebody waits."""


class StoredChain:
    """A chain from a file with a block a line; heights begin at 1."""

    def __init__(self, file: Path) -> None:
        self._lines, self._ends = _joined(file.read_bytes().splitlines(keepends=True))
        self._packed: dict[tuple[int, int], bytes] = {}
        self.hashes = [hash_of(line) for line in bytes(self._lines).splitlines()]

    def __len__(self) -> int:
        return len(self.hashes)

    def range(self, first: int, last: int) -> memoryview:
        """Return the blocks `first`..`last` as canonical JSON, one a line."""
        return self._lines[self._ends[first - 1] : self._ends[last]]

    def packed(self, first: int, last: int) -> bytes:
        """Return the same, gzipped; it is done once."""
        if (first, last) not in self._packed:
            packer = zlib.compressobj(_LEVEL, wbits=16 + zlib.MAX_WBITS)
            data = packer.compress(self.range(first, last)) + packer.flush()
            self._packed[first, last] = data
        return self._packed[first, last]

    def whole(self, length: int, claimed: int | None = None) -> list[bytes | memoryview]:
        """Return the answer to `GET /chain` of a chain so long, as existing nodes write it."""
        lines, ends = self.compact
        said = length if claimed is None else claimed
        # All blocks but the last have a comma behind them.
        upto = ends[length] - 1 if length else 0
        return [b'{"chain":[', lines[:upto], f'],"length":{said}}}\n'.encode()]

    @cached_property
    def compact(self) -> tuple[memoryview, array[int]]:
        """Return the blocks as existing nodes write them, a comma behind each, and where they end.

        It takes a while the first time.
        """
        lines = bytes(self._lines).splitlines()
        return _joined(
            json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")).encode() + b","
            for line in lines
        )


def _joined(lines: Iterable[bytes]) -> tuple[memoryview, array[int]]:
    whole, ends = bytearray(), array("Q", [0])
    for line in lines:
        whole += line
        ends.append(len(whole))
    return memoryview(bytes(whole)), ends
