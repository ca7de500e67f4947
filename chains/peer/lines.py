"""Taking apart a range of blocks, one JSON a line, as our own nodes send it. Pure.

They send a block as its hash is made of it. Where a line is of the usual shape and just as it would
be written here, it need not be taken apart: what it is was worked out from the characters in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from chains.errors import InvalidBlockError
from chains.peer.blocks import MOST_BLOCK, PeerBlock, Proof, Rule, identified, verify

_WHOLE = rb"(?:0|-?[1-9][0-9]{0,17})"
_TEXT = rb'"[ !#-\[\]-~]*"'
_TRANSACTION = (
    rb'\{"amount": ' + _WHOLE + rb', "recipient": ' + _TEXT + rb', "sender": ' + _TEXT + rb"\}"
)
_usual = re.compile(
    rb'\{"index": '
    + _WHOLE
    + rb', "previous_hash": "([0-9a-f]{64})", "proof": (0|[1-9][0-9]{0,17}), '
    rb'"timestamp": (' + _WHOLE + rb'|[1-9][0-9]{0,14}\.[0-9]{1,17}), "transactions": '
    rb"\[(?:" + _TRANSACTION + rb"(?:, " + _TRANSACTION + rb")*)?\]\}"
).fullmatch


class Lines:
    """Puts lines together from pieces, and verifies what they say. `last` precedes the first."""

    def __init__(self, last: PeerBlock | None, rule: Proof) -> None:
        self.last = last
        self._rule = rule
        self._rest = bytearray()

    def fed(self, piece: bytes) -> list[PeerBlock]:
        """Return the verified blocks of the lines that a further piece completes.

        Raises:
            InvalidBlockError: one of them is no block, or doesn't follow.
        """
        self._rest += piece
        blocks: list[PeerBlock] = []
        if b"\n" in piece:
            *lines, rest = bytes(self._rest).split(b"\n")
            blocks, self._rest = verify_lines(self.last, lines, self._rule), bytearray(rest)
        if blocks:
            self.last = blocks[-1]
        if len(self._rest) > MOST_BLOCK:
            raise InvalidBlockError(self._height + 1, "form", f"more than {MOST_BLOCK:,} bytes")
        return blocks

    def finished(self) -> list[PeerBlock]:
        """Return the block of a last line that has no end, if there is one; nothing more comes."""
        return self.fed(b"\n") if self._rest else []

    @property
    def _height(self) -> int:
        return self.last.height if self.last else 0


def verify_lines(last: PeerBlock | None, lines: Sequence[bytes], rule: Proof) -> list[PeerBlock]:
    """Return the blocks of some lines, verified, as they follow `last`; None: they are the first.

    Raises:
        InvalidBlockError: as `verify`; "form" also for a line that is no JSON.
    """
    verified: list[PeerBlock] = []
    add, wanted, zeros, put = verified.append, "0" * rule.zeros, rule.zeros, tuple.__new__
    linked = rule.rule is Rule.LINKED
    for line in lines:
        block = None
        usual = _usual(line)
        if usual is not None and last is not None and len(line) <= MOST_BLOCK:
            height, last_hash, last_proof, _ = last
            previous, proof, stamp = usual.groups()
            text = (
                b"%d%b%b" % (last_proof, proof, previous)
                if linked
                else b"%d%b" % (last_proof, proof)
            )
            if (
                previous.decode() == last_hash
                and (b"." not in stamp or repr(float(stamp)) == stamp.decode())
                and sha256(text).hexdigest()[:zeros] == wanted
            ):
                block = put(PeerBlock, (height + 1, sha256(line).hexdigest(), int(proof), line))
        last = block or _general(last, line, rule)
        add(last)
    return verified


def block_of(line: bytes, height: int, block_hash: str) -> PeerBlock:
    """Return the block in a line, whose hash is known from a verified chain.

    Raises:
        InvalidBlockError: as `identified`; "form" also for a line that is no JSON.
    """
    return identified(height, block_hash, _parsed(line, height))


def _general(last: PeerBlock | None, line: bytes, rule: Proof) -> PeerBlock:
    return verify(last, (_parsed(line, last.height + 1 if last else 1),), rule)[0]


def _parsed(line: bytes, height: int) -> Any:
    try:
        return json.loads(line.decode())
    except RecursionError as error:
        raise InvalidBlockError(height, "form", "it is nested too deeply") from error
    except ValueError as error:
        raise InvalidBlockError(height, "form", "it is no JSON") from error
