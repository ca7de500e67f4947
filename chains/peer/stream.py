"""Taking a chain apart while it comes, in pieces cut anywhere. Pure.

A whole chain is {"chain": [block, …], "length": N}, its members in any order, with others beside
them. What is left over at the end of a piece is bounded by what one block may take. How far a chain
is taken apart is a value, so that it can be remembered, and gone on from more than once.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from chains.errors import InvalidBlockError, MalformedDataError
from chains.peer.blocks import MOST_BLOCK, PeerBlock, Proof, verify
from chains.peer.trail import NOTHING, Trail

_MOST_SPACE = 64 * 1024
"""Bytes of nothing but space at once."""

_MOST_MEMBERS = 32
"""Members beside the chain and its length; existing nodes have none."""

_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # not in the types
_space = re.compile(r"[ \t\n\r]*").match
_comma = re.compile(r"[ \t\n\r]*,[ \t\n\r]*").match
_number_to_the_end = re.compile(r"[-+.0-9eE]*\Z").match
_member = re.compile(r'"((?:[^"\\]|\\.){0,1000})"[ \t\n\r]*:[ \t\n\r]*', re.DOTALL).match


class _At(Enum):
    """What is expected next."""

    OPENING = auto()
    MEMBER = auto()
    VALUE = auto()
    AFTER_VALUE = auto()
    FIRST_BLOCK = auto()
    BLOCK = auto()
    AFTER_BLOCK = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Whole:
    """How far a whole chain is taken apart and verified.

    `last` is the newest block, without its body; `claimed` the length that the peer says, which may
    be anything; `rest` are the bytes that are not taken apart yet.
    """

    rule: Proof
    at: _At = _At.OPENING
    member: str = ""
    rest: bytes = b""
    last: PeerBlock | None = None
    trail: Trail = NOTHING
    claimed: Any = None
    chained: bool = False
    members: int = 0

    def fed(self, piece: bytes) -> tuple[Whole, list[PeerBlock]]:
        """Return how far it is with a further piece, and the verified blocks that were in it.

        Raises:
            InvalidBlockError: it is no valid chain; `number` is the height where that shows.
        """
        if len(piece) > _MOST_SPACE and piece.isspace():
            raise self._wrong(0, "nothing but space comes")
        data = self.rest + piece
        taking = _Taking(self)
        try:
            text = codecs.utf_8_decode(data, "strict", False)[0]
        except UnicodeDecodeError as error:
            raise self._wrong(0, "it is not UTF-8") from error
        try:
            taking.take(text)
        except MalformedDataError as error:
            self._verified(taking.blocks)  # what is wrong before that is told rather
            raise self._wrong(len(taking.blocks), str(error)) from error
        blocks = self._verified(taking.blocks)
        left = data[len(text[: taking.position].encode()) :]
        if len(left) > MOST_BLOCK:
            raise self._wrong(len(blocks), f"more than {MOST_BLOCK:,} bytes, or no JSON")
        last = blocks[-1]._replace(body=b"") if blocks else self.last
        trail = self.trail.extended(blocks) if blocks else self.trail
        return replace(
            self,
            at=taking.at,
            member=taking.member,
            rest=left,
            last=last,
            trail=trail,
            claimed=taking.claimed,
            chained=taking.chained,
            members=taking.members,
        ), blocks

    def finished(self) -> None:
        """Take it that nothing more comes.

        Raises:
            InvalidBlockError: something is missing, or the length is not the number of blocks.
        """
        if self.at is not _At.NOTHING or self.rest.strip():
            raise self._wrong(0, "it ends in the middle")
        if not self.chained:
            raise self._wrong(0, "there is no chain")
        if type(self.claimed) is not int or self.claimed != self.trail.length:
            said = f"says {self.claimed!r:.30}, has {self.trail.length} blocks"
            raise InvalidBlockError(self.trail.length, "length", said)

    def _verified(self, values: Sequence[Any]) -> list[PeerBlock]:
        return verify(self.last, values, self.rule)

    def _wrong(self, further: int, detail: str) -> InvalidBlockError:
        return InvalidBlockError(self.trail.length + further + 1, "form", detail)


class _Taking:
    """Takes a text apart, from where a `Whole` is; leaves off where more is needed."""

    def __init__(self, whole: Whole) -> None:
        self.at, self.member = whole.at, whole.member
        self.claimed, self.chained, self.members = whole.claimed, whole.chained, whole.members
        self.blocks: list[Any] = []
        self.position = 0
        self._text = ""

    def take(self, text: str) -> None:
        """Go as far as the text goes.

        Raises:
            MalformedDataError: it is not JSON, or not of the form of a chain.
        """
        self._text = text
        steps = {
            _At.OPENING: self._opening,
            _At.MEMBER: self._next_member,
            _At.VALUE: self._value,
            _At.AFTER_VALUE: self._after_value,
            _At.FIRST_BLOCK: self._first_block,
            _At.BLOCK: self._blocks,
            _At.AFTER_BLOCK: self._after_block,
            _At.NOTHING: self._nothing,
        }
        more = True
        while more:
            self.position = _end(_space(text, self.position))
            more = self.position < len(text) and steps[self.at]()

    def _opening(self) -> bool:
        self._either({"{": _At.MEMBER})
        return True

    def _next_member(self) -> bool:
        found = _member(self._text, self.position)
        if found is None:
            if self._text[self.position] == "}":  # of {}, or after a comma: nothing more to read
                self._either({"}": _At.NOTHING})
                return True
            if self._text[self.position] != '"' or len(self._text) - self.position > 8_000:
                raise MalformedDataError("it is no JSON object")
            return False
        self.members += 1
        if self.members > _MOST_MEMBERS:
            raise MalformedDataError("there is too much beside the chain")
        self.member, self.position = found[1], found.end()
        self.at = _At.VALUE
        return True

    def _value(self) -> bool:
        if self.member == "chain":
            if self.chained:
                raise MalformedDataError("it has two chains")
            self.chained = True
            self._either({"[": _At.FIRST_BLOCK})
            return True
        read = self._scanned()
        if read is None:
            return False
        if self.member == "length":
            (self.claimed,) = read
        self.at = _At.AFTER_VALUE
        return True

    def _after_value(self) -> bool:
        self._either({",": _At.MEMBER, "}": _At.NOTHING})
        return True

    def _first_block(self) -> bool:
        if self._text[self.position] == "]":
            self._either({"]": _At.AFTER_VALUE})
        else:
            self.at = _At.BLOCK
        return True

    def _blocks(self) -> bool:
        """Take as many blocks as there are, for which this loop is short."""
        text, add = self._text, self.blocks.append
        while True:
            read = self._scanned()
            if read is None:
                return False
            add(read[0])
            comma = _comma(text, self.position)
            if comma is None:
                self.at = _At.AFTER_BLOCK
                return True
            self.position = comma.end()

    def _after_block(self) -> bool:
        self._either({",": _At.BLOCK, "]": _At.AFTER_VALUE})
        return True

    def _nothing(self) -> bool:
        raise MalformedDataError("there is something behind it")

    def _either(self, expected: dict[str, _At]) -> None:
        at = expected.get(self._text[self.position])
        if at is None:
            raise MalformedDataError("it is no JSON, or no chain")
        self.at = at
        self.position += 1

    def _scanned(self) -> tuple[Any] | None:
        """Read one value and go behind it; None where it may go on in the next piece."""
        try:
            value, end = _scan(self._text, self.position)
        except (StopIteration, json.JSONDecodeError):
            return None
        except RecursionError as error:
            raise MalformedDataError("it is nested too deeply") from error
        except ValueError as error:
            raise MalformedDataError("a number has too many digits") from error
        if not isinstance(value, dict | list | str) and _number_to_the_end(self._text, end):
            return None
        self.position = end
        return (value,)


def _end(found: re.Match[str] | None) -> int:
    assert found is not None  # the pattern fits anything, nothing too
    return found.end()
