"""What can be asked of a peer: the whole chain of any, and of our own kind what differs.

Every existing node answers `GET /chain`. Our own nodes answer three questions more, at the root of
the same address: `/chain/head` (how long, and what is at a height), `/chain/hashes` (at up to 256
heights) and `/chain/blocks` (a range of blocks, one JSON a line).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from chains.errors import PeerError, PeerReplyError, PeerUnreachableError
from chains.peer.connection import Network, Reply
from chains.peer.size import Size
from chains.settings import PeerSettings

MOST_HEIGHTS = 256
"""Heights that one question for hashes may name."""

MOST_LENGTH = 2**48
"""Blocks; a length beyond is nonsense."""

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SMALL = 64 * 1024
"""Bytes that the answer to a small question may have."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a peer claims of its chain: length in blocks and newest hash, "" for no block at all.

    `at` is its hash at the height that was asked for, None if its chain ends before.
    """

    length: int
    hash: str
    at: str | None


class PeerClient:
    """One peer, over connections that are kept alive. Every question has its own deadline.

    `pace` is to be kept to when its blocks are taken apart.
    """

    def __init__(self, network: Network, peer: PeerSettings, most: int) -> None:
        self.peer = peer
        self.pace = network.pace
        self._network, self._most = network, most

    @property
    def name(self) -> str:
        """Return its name in metrics and logs."""
        return self.peer.name

    async def head(self, at: int) -> Head | None:
        """Ask how long the chain is, and what is at a height (0: at none).

        None: it is no node of our own kind.

        Raises:
            PeerError: it can't be reached or may not be.
        """
        query = {"at": str(at)} if at else {}  # a node refuses heights that no chain has
        async with (
            self._limit(),
            self._network.ask(self.peer, "/chain/head", query=query, most=_SMALL) as reply,
        ):
            if reply.status != 200:
                return None
            try:
                return head_of(await reply.json(), at)
            except PeerReplyError:
                return None

    async def hashes(self, heights: Sequence[int]) -> list[str | None]:
        """Ask for the hashes at up to 256 heights; None for those beyond its tip.

        Raises:
            PeerError: it can't be reached, or answers something else.
        """
        query = {"heights": ",".join(map(str, heights))}
        async with (
            self._limit(),
            self._network.ask(self.peer, "/chain/hashes", query=query, most=_SMALL) as reply,
        ):
            self._expect_ok(reply)
            said = await reply.json()
        hashes = said.get("hashes") if isinstance(said, dict) else None
        if (
            not isinstance(hashes, list)
            or len(hashes) != len(heights)
            or not all(each is None or is_hash(each) for each in hashes)
        ):
            raise PeerReplyError(self.name, "answered something else than hashes")
        return hashes

    @asynccontextmanager
    async def blocks(self, first: int, last: int) -> AsyncIterator[AsyncIterator[bytes]]:
        """Ask for the blocks `first`..`last`, clipped at its tip; gives the bytes of their lines.

        Raises:
            PeerError: it can't be reached, stops sending, sends too much or something else.
        """
        query = {"from": str(first), "to": str(last)}
        async with self._network.ask(
            self.peer, "/chain/blocks", query=query, packed=True, most=self._most
        ) as reply:
            self._expect_ok(reply)
            async with aclosing(reply.pieces()) as pieces:
                yield pieces

    async def size(self) -> Size:
        """Ask how large the whole chain is; nodes that don't answer that say nothing."""
        try:
            async with (
                self._limit(),
                self._network.ask(self.peer, "/chain", method="HEAD", most=0) as reply,
            ):
                return _size(reply) if reply.status == 200 else Size(None, None)
        except PeerError:
            return Size(None, None)

    @asynccontextmanager
    async def whole(self) -> AsyncIterator[tuple[Size, AsyncIterator[bytes]]]:
        """Ask for the whole chain; gives its size and the bytes of {"chain": …, "length": N}.

        Raises:
            PeerError: it can't be reached, stops sending, sends too much or something else.
        """
        async with self._network.ask(self.peer, "/chain", most=self._most) as reply:
            self._expect_ok(reply)
            async with aclosing(reply.pieces()) as pieces:
                yield _size(reply), pieces

    def _expect_ok(self, reply: Reply) -> None:
        if reply.status != 200:
            raise PeerReplyError(self.name, f"answered with status {reply.status}")

    @asynccontextmanager
    async def _limit(self) -> AsyncIterator[None]:
        limit = self._network.timeout
        try:
            async with asyncio.timeout(limit):
                yield
        except TimeoutError as error:
            raise PeerUnreachableError(self.name, f"no answer in {limit:g} s") from error


def _size(reply: Reply) -> Size:
    return Size(reply.size, (reply.header("ETag") or "")[:200] or None)


def is_hash(said: Any) -> bool:
    """Tell whether something is a block's hash: 64 small hexadecimal digits."""
    return isinstance(said, str) and _HASH.fullmatch(said) is not None


def head_of(said: Any, at: int) -> Head | None:
    """Return a claim, None for what is none."""
    match said:
        case {"length": int(length), "hash": None | str() as tip, "at": None | dict() as found}:
            tip = tip or ""
        case _:
            return None
    if isinstance(length, bool) or not 0 <= length <= MOST_LENGTH:
        return None
    if not (is_hash(tip) if length else tip == ""):
        return None
    if found is None:
        return Head(length, tip, None)
    if found.get("height") != at or not is_hash(found.get("hash")):
        return None
    return Head(length, tip, found["hash"])
