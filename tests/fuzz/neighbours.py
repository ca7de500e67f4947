"""Peers that each have a chain, and tell of it what they like; without a network in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chains.peer.connection import Reply
from chains.peer.pace import Pace
from chains.settings import PeerSettings
from tests.chains.peer.made import Block, tip_of
from tests.fuzz.scripted import reply


class Manner(StrEnum):
    """What a peer makes of the truth."""

    HONEST = "honest"
    GONE = "answers nothing"
    TALL = "claims more blocks than it has"
    OTHER_TIP = "names another hash"
    SPOILT = "has changed a block"
    TORN = "breaks off"
    TWICE = "sends a block twice"
    CHANGING = "has another chain at each question"


@dataclass
class Neighbour:
    """A peer: its blocks, whether it is one of our own kind, and how it answers."""

    chain: list[Block]
    own: bool = True
    manner: Manner = Manner.HONEST
    where: int = 0
    others: list[Block] = field(default_factory=list)
    asked: int = 0

    def answer(self, path: str, query: Mapping[str, str]) -> bytes | None:
        """Return what it says; None: it knows no such address."""
        self.asked += 1
        if self.manner is Manner.GONE or (not self.own and path != "/chain"):
            return None
        swaps = self.manner is Manner.CHANGING and self.asked % 2
        chain = self._told(self.others if swaps and self.others else self.chain)
        body = _ANSWERS[path](chain, query, self)
        return body[: -1 - self.where] if self.manner is Manner.TORN else body

    def _told(self, chain: list[Block]) -> list[Block]:
        place = self.where % len(chain)
        if self.manner is Manner.SPOILT:
            name = ("proof", "index", "previous_hash", "transactions")[self.where % 4]
            spoilt = {**chain[place], name: {"proof": 7}.get(name, 3)}
            return [*chain[:place], spoilt, *chain[place + 1 :]]
        if self.manner is Manner.TWICE:
            return [*chain[: place + 1], *chain[place:]]
        return chain


class Neighbourhood:
    """Stands in for the network; `meanwhile` is done before each answer."""

    timeout = 5.0

    def __init__(self) -> None:
        self.peers: dict[str, Neighbour] = {}
        self.pace = Pace()
        self.meanwhile: Callable[[], Any] | None = None

    @asynccontextmanager
    async def ask(
        self,
        peer: PeerSettings,
        path: str,
        *,
        most: int,
        method: str = "GET",
        query: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> AsyncIterator[Reply]:
        """Answer a question."""
        await asyncio.sleep(0)
        if self.meanwhile is not None:
            await self.meanwhile()
        body = self.peers[peer.name].answer(path, query or {})
        yield reply(peer, body, method, most, self.timeout)


def _head(chain: list[Block], query: Mapping[str, str], peer: Neighbour) -> bytes:
    at = int(query["at"]) if "at" in query else None
    found = at is not None and at <= len(chain)
    more = peer.where + 1 if peer.manner is Manner.TALL else 0
    told = {
        "length": len(chain) + more,
        "hash": "ab" * 32 if peer.manner is Manner.OTHER_TIP else tip_of(chain),
        "at": {"height": at, "hash": tip_of(chain[:at])} if found else None,
    }
    return json.dumps(told).encode()


def _hashes(chain: list[Block], query: Mapping[str, str], _peer: Neighbour) -> bytes:
    heights = [int(text) for text in query["heights"].split(",")]
    hashes = [tip_of(chain[:height]) if height <= len(chain) else None for height in heights]
    return json.dumps({"hashes": hashes}).encode()


def _lines(chain: list[Block], query: Mapping[str, str], _peer: Neighbour) -> bytes:
    blocks = chain[int(query["from"]) - 1 : int(query["to"])]
    return "\n".join(json.dumps(block, sort_keys=True) for block in blocks).encode()


def _whole(chain: list[Block], _query: Mapping[str, str], peer: Neighbour) -> bytes:
    more = peer.where + 1 if peer.manner is Manner.TALL else 0
    return json.dumps({"chain": chain, "length": len(chain) + more}).encode()


_ANSWERS = {
    "/chain/head": _head,
    "/chain/hashes": _hashes,
    "/chain/blocks": _lines,
    "/chain": _whole,
}
