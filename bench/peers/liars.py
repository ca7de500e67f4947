"""Peers that don't tell the truth, don't stop, or say nothing at all."""

from __future__ import annotations

import asyncio
import gzip
import json

from bench.peers.behaviours import NOT_FOUND, Own, Plain
from bench.peers.http import Answer, Question
from bench.peers.link import Link
from bench.peers.stored import StoredChain

_BEYOND = 5_000
"""Blocks by which a claimed chain is longer than the one that there is."""

_ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
_PIECE = 256 * 1024


class Silent(Plain):
    """Takes the question, and never answers."""

    async def serve(self, question: Question, writer: asyncio.StreamWriter, link: Link) -> bool:
        """Wait for ever."""
        del question, writer, link
        return await _for_ever()


class Stuck(Own):
    """Tells the truth of a long chain, and stops in the middle of every long answer."""

    async def serve(self, question: Question, writer: asyncio.StreamWriter, link: Link) -> bool:
        """Send half of what is there, and wait for ever."""
        answer = self.answer(question)
        if question.path == "/chain/head" or question.method == "HEAD":
            await link.carry(writer, answer.all_parts(question.method))
            return True
        head, *parts = answer.all_parts(question.method)
        halves = [part[: len(part) // 2] for part in parts]
        await link.carry(writer, [head, *halves])
        return await _for_ever()


class LongerThanItIs(Own):
    """Claims more blocks than it has."""

    def answer(self, question: Question) -> Answer:
        """Return the answer to a question."""
        if question.path == "/chain/head":
            claim = {"length": self.length + _BEYOND, "hash": "ab" * 32, "at": None}
            return Answer([json.dumps(claim).encode()])
        return super().answer(question)


class PlainLongerThanItIs(Plain):
    """An existing node whose `length` is more than its chain has."""

    def answer(self, question: Question) -> Answer:
        """Return the answer to a question."""
        if question.path != "/chain":
            return super().answer(question)
        parts = self.chain.whole(self.length, claimed=self.length + _BEYOND)
        return Answer([*parts, b" " * (300 * _BEYOND)], close=True)


class OtherHashes(Own):
    """Claims hashes that its blocks don't have."""

    def hash_at(self, height: int) -> str | None:
        """Return another block's hash."""
        found = super().hash_at(height)
        return found and found[::-1]

    def answer(self, question: Question) -> Answer:
        """Return the answer to a question, for a chain that is a little longer still."""
        if question.path == "/chain/head":
            claim = json.loads(bytes(super().answer(question).parts[0]))
            return Answer([json.dumps({**claim, "length": self.length + 1}).encode()])
        return super().answer(question)


class Endless(Own):
    """Claims the longest chain, and sends without an end."""

    def __init__(self, chain: StoredChain, length: int, body: bytes, *, plain: bool) -> None:
        super().__init__(chain, length)
        self._body, self._plain = body, plain

    async def serve(self, question: Question, writer: asyncio.StreamWriter, link: Link) -> bool:
        """Send until whoever asked has gone."""
        if question.path == "/chain/head":
            claim = {"length": self.length + 2 * _BEYOND, "hash": "cd" * 32, "at": None}
            answer = NOT_FOUND if self._plain else Answer([json.dumps(claim).encode()])
            await link.carry(writer, answer.all_parts("GET"))
            return not answer.close
        if question.method == "HEAD":
            size = f"Content-Length: {300 * self.length}\r\n\r\n"
            await link.carry(writer, [_ENDLESS + size.encode()])
            return False
        packed = b"Content-Encoding: gzip\r\n" if self._body.startswith(b"\x1f\x8b") else b""
        await link.carry(writer, [_ENDLESS + packed + b"\r\n"])
        while True:
            await link.carry(writer, [self._body])


def endless(kind: str, chain: StoredChain, length: int, *, plain: bool = False) -> Endless:
    """Return an endless peer: of "blanks", "brackets", "digits", "blocks" or "bombs"."""
    body = {
        "blanks": b" " * _PIECE,
        "brackets": b"[" * _PIECE,
        "digits": b"1" * _PIECE,
        "blocks": b'{"chain":[' + b'{"index":1,"transactions":[' * 10_000,
        "bombs": gzip.compress(bytes(64 * _PIECE)),
    }[kind]
    return Endless(chain, length, body, plain=plain)


async def _for_ever() -> bool:
    await asyncio.Event().wait()
    return False
