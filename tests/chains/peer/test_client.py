"""What a peer answers is taken for what was asked only if it is that."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import PeerError, PeerReplyError, PeerUnreachableError, TooMuchError
from chains.peer.client import Head, PeerClient, head_of
from chains.peer.connection import open_network
from chains.settings import PeerChainSettings, PeerSettings

from .made import EASY, forged, tip_of, whole
from .nodes import Own, Plain, Raw, begin, hang, serving

CHAIN = forged(9)
TIP = tip_of(CHAIN)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
)


@asynccontextmanager
async def client_of(node: Plain | Raw, most: int = 1_000_000) -> AsyncIterator[PeerClient]:
    async with serving(node) as peers:
        settings = PeerChainSettings(tuple(peers), EASY, probe_timeout=0.5)
        async with open_network(settings) as network:
            yield PeerClient(network, node.settings, most)


@given(anything)
def test_nothing_but_a_claim_is_taken_for_one(said: Any) -> None:
    assert head_of(said, 5) is None


NO_CLAIMS: list[dict[str, Any]] = [
    {"length": -1},
    {"length": True},
    {"length": 9.0},
    {"length": "9"},
    {"length": 2**60},
    {"hash": None},
    {"hash": ""},
    {"hash": TIP.upper()},
    {"hash": TIP + "\n"},
    {"hash": 5},
    {"at": []},
    {"at": {}},
    {"at": {"height": 6, "hash": TIP}},
    {"at": {"height": 5, "hash": "5"}},
    {"at": {"height": True, "hash": TIP}},
]


@pytest.mark.parametrize("members", NO_CLAIMS)
def test_a_claim_with_something_wrong_is_none(members: dict[str, Any]) -> None:
    claim = {"length": 9, "hash": TIP, "at": {"height": 5, "hash": TIP}}
    assert head_of(claim, 5) == Head(9, TIP, TIP)
    assert head_of({**claim, **members}, 5) is None


@pytest.mark.parametrize("tip", ["", None])
def test_a_node_without_a_block_is_of_our_kind_as_well(tip: str | None) -> None:
    assert head_of({"length": 0, "hash": tip, "at": None}, 5) == Head(0, "", None)


async def test_what_differs_is_asked_over_one_connection() -> None:
    node = Own(CHAIN)
    ports = set()

    async def noted(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        ports.add(request.transport.get_extra_info("peername"))
        return await node.usual(request)

    for path in ("/chain/head", "/chain/hashes", "/chain/blocks"):
        node.instead[path] = noted
    async with client_of(node) as client:
        assert await client.head(4) == Head(9, TIP, tip_of(CHAIN[:4]))
        assert await client.head(10) == Head(9, TIP, None)
        assert await client.hashes([9, 1, 10]) == [TIP, tip_of(CHAIN[:1]), None]
        async with client.blocks(3, 5) as pieces:
            lines = b"".join([piece async for piece in pieces]).split()
    assert json.loads(b"".join(lines[: len(lines) // 3]))["index"] == 3
    assert len(ports) == 1


@pytest.mark.parametrize(
    "said", [[], {}, {"hashes": None}, {"hashes": ["x"]}, {"hashes": [TIP, TIP]}, {"hashes": [5]}]
)
async def test_other_answers_than_hashes_are_refused(said: Any) -> None:
    node = Own(CHAIN)

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response(said)

    node.instead["/chain/hashes"] = answer
    async with client_of(node) as client:
        with pytest.raises(PeerReplyError):
            await client.hashes([1])


async def test_a_node_that_shows_a_page_for_everything_is_none_of_ours() -> None:
    node = Plain(CHAIN)

    async def page(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>Welcome</html>", content_type="text/html")

    node.instead["/chain/head"] = page
    async with client_of(node) as client:
        assert await client.head(1) is None


async def test_a_node_that_does_not_answer_head_has_no_size() -> None:
    node = Plain(CHAIN)

    async def refuses(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPMethodNotAllowed("HEAD", ["GET"])

    async with client_of(node) as client:
        assert (await client.size()).bytes == len(node.body())
        for odd in (refuses, hang):
            node.instead["/chain"] = odd
            size = await client.size()
            assert (size.bytes, size.tag) == (None, None)


async def test_more_than_may_come_is_not_taken() -> None:
    async with client_of(Plain(CHAIN), most=1000) as client:
        with pytest.raises(TooMuchError, match="more than 1,000 bytes"):
            async with client.whole() as (_, pieces):
                async for _piece in pieces:
                    pass


async def test_no_answer_ends_after_a_while() -> None:
    node = Own(CHAIN)
    node.instead["/chain/head"] = hang
    async with client_of(node) as client:
        with pytest.raises(PeerUnreachableError):
            await client.head(1)


async def test_an_answer_that_drips_ends_after_a_while_though_it_never_stops() -> None:
    async def drip(_path: str, writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with client_of(Raw(drip)) as client, asyncio.timeout(5):
        for ask in (client.head(1), client.hashes([1])):
            with pytest.raises(PeerUnreachableError, match=r"no answer in 0\.5 s"):
                await ask


async def test_nobody_at_the_address_is_told_as_such() -> None:
    async with open_network(PeerChainSettings(allowed=("127.0.0.0/8",), proof=EASY)) as network:
        client = PeerClient(network, PeerSettings("p", "http://127.0.0.1:1"), 1000)
        with pytest.raises(PeerUnreachableError, match="p: can't be reached: Connection refused"):
            await client.head(1)


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with client_of(Own(CHAIN)) as client:
        assert await client.head(1) is not None


ODD = [
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\nabcde",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    b"HTTP/1.1 " + b"2" * 100_000,
    b"HTTP/9.9 999 \xff\xff\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    b"\x00" * 100,
    b"\r\n\r\n",
]


@pytest.mark.parametrize("sent", ODD, ids=range(len(ODD)))
async def test_whatever_is_sent_instead_of_http_is_an_error_of_the_peers(sent: bytes) -> None:
    async def talk(_path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()

    async with client_of(Raw(talk)) as client:
        with pytest.raises(PeerError):
            async with client.whole() as (_, pieces):
                async for _piece in pieces:
                    pass


SCRAPS = [
    b"\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"100 Continue\r\n\r\n",
    b"HTTP/1.0 ",
    b"ffff\r\n",
    b"\x00",
    b"\xff",
    b"{",
]


def torn(answer: bytes, draw: random.Random) -> bytes:
    """Return an answer with something put in, left out or changed, mostly near its beginning."""
    data = bytearray(answer)
    for _ in range(draw.randint(1, 5)):
        at = draw.randint(0, min(len(data), draw.choice([60, 200, 2000])))
        match draw.randrange(3):
            case 0:
                data[at:at] = draw.choice(SCRAPS)
            case 1:
                del data[at : at + draw.randint(1, 20)]
            case 2:
                data[at : at + 1] = draw.randbytes(draw.randint(1, 4))
    return bytes(data)


async def test_a_torn_answer_is_an_answer_or_an_error_of_the_peers() -> None:
    draw = random.Random(5)
    body = whole(CHAIN)

    async def talk(_path: str, writer: asyncio.StreamWriter) -> None:
        head = f'HTTP/1.1 200 OK\r\nETag: "x"\r\nContent-Length: {len(body)}\r\n\r\n'
        writer.write(torn(head.encode() + body, draw))
        await writer.drain()
        writer.close()

    async with client_of(Raw(talk)) as client:
        for _ in range(60):
            with contextlib.suppress(PeerError):
                await client.head(4)
            with contextlib.suppress(PeerError):
                async with client.whole() as (_, pieces):
                    async for _piece in pieces:
                        pass
            await client.size()
