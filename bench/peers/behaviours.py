"""Peers that tell the truth: existing nodes, and nodes of our own kind."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from bench.peers.http import Answer, Question
from bench.peers.link import Link
from bench.peers.stored import StoredChain

MOST_HEIGHTS = 256
NOT_FOUND = Answer([b"<!doctype html>\n"], "404 NOT FOUND", {"Content-Type": "text/html"}, True)
BAD_REQUEST = Answer([], "400 Bad Request")


class Plain:
    """An existing node: the whole chain or nothing, and every connection closed behind it."""

    def __init__(self, chain: StoredChain, length: int) -> None:
        self.chain, self.length = chain, length

    async def serve(self, question: Question, writer: asyncio.StreamWriter, link: Link) -> bool:
        """Answer with the whole chain."""
        answer = self.answer(question)
        await link.carry(writer, answer.all_parts(question.method))
        return not answer.close

    def answer(self, question: Question) -> Answer:
        """Return the answer to a question."""
        if question.path != "/chain":
            return NOT_FOUND
        return Answer(self.chain.whole(self.length), close=True)


class Own(Plain):
    """A node of our own kind: heads, hashes and ranges, compressed where that is taken."""

    def answer(self, question: Question) -> Answer:
        """Return the answer to a question."""
        if any(question.query.get(name) == "0" for name in ("at", "from", "to")):
            return BAD_REQUEST
        match question.path:
            case "/chain/head":
                return _json(self._head(question.query.get("at")))
            case "/chain/hashes":
                heights = [int(height) for height in question.query["heights"].split(",")]
                if len(heights) > MOST_HEIGHTS:
                    return BAD_REQUEST
                return _json({"hashes": [self.hash_at(height) for height in heights]})
            case "/chain/blocks":
                first, last = int(question.query["from"]), int(question.query["to"])
                return self._blocks(question, max(1, first), min(last, self.length))
            case "/chain":
                tag = f'"{self.hash_at(self.length)}"'
                return Answer(self.chain.whole(self.length), headers={"ETag": tag})
        return NOT_FOUND

    def hash_at(self, height: int) -> str | None:
        """Return a block's hash, None beyond the tip."""
        return self.chain.hashes[height - 1] if 1 <= height <= self.length else None

    def _head(self, at: str | None) -> Any:
        found = self.hash_at(int(at)) if at is not None else None
        return {
            "length": self.length,
            "hash": self.hash_at(self.length) or "",
            "at": {"height": int(at or 0), "hash": found} if found else None,
        }

    def _blocks(self, question: Question, first: int, last: int) -> Answer:
        headers = {"Content-Type": "application/x-ndjson"}
        if first > last:
            return Answer([], headers=headers)
        if "gzip" not in question.headers.get("accept-encoding", ""):
            return Answer([self.chain.range(first, last)], headers=headers)
        return Answer(
            [self.chain.packed(first, last)], headers={**headers, "Content-Encoding": "gzip"}
        )


def _json(value: Any) -> Answer:
    return Answer([json.dumps(value).encode()])
