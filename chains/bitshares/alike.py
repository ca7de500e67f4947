"""What many nodes say alike is taken apart once. Pure."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Alike(Generic[_T]):
    """What was made of the last `kept` texts, by their SHA-256.

    What a text says follows from the text alone, whoever sent it: a node's answer is never taken
    for another's unless it is the same to the letter. What no sense can be made of isn't kept.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._made: OrderedDict[bytes, _T] = OrderedDict()

    def of(self, text: str, make: Callable[[str], _T]) -> _T:
        """Return what `make` makes of a text; raises what it raises."""
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        if digest not in self._made:
            made = make(text)
            self._made[digest] = made
            if len(self._made) > self._kept:
                self._made.popitem(last=False)
        self._made.move_to_end(digest)
        return self._made[digest]
