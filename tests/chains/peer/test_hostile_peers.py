"""A peer that lies, hangs, drips or sends without end costs little, and only itself."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from chains.peer import search
from chains.standing import Verdict

from .made import Block, Kept, forged, tip_of, whole
from .nodes import Own, Plain, Raw, Talk, begin, hang, say, without_end
from .searching import searched

OURS = forged(20)
RIGHT = forged(25, OURS)
LONGER = forged(30, RIGHT)


def changed(height: int, **members: Any) -> list[Block]:
    """Return the longer chain with something else in the block of a height."""
    return [*LONGER[: height - 1], {**LONGER[height - 1], **members}, *LONGER[height:]]


WRONG_PROOF = changed(27, proof=LONGER[26]["proof"] + 1)
WRONG_LINK = changed(27, previous_hash="ab" * 32)
CHANGED = changed(27, timestamp=1)
NO_LIST = changed(27, transactions={})

LIES = [
    pytest.param(WRONG_PROOF, "block 27: proof", id="a wrong proof"),
    pytest.param(WRONG_LINK, "block 27: link", id="a wrong link"),
    pytest.param(CHANGED, "block 28: link", id="a changed block"),
    pytest.param(NO_LIST, "block 27: form", id="another form"),
]


@pytest.mark.parametrize("kind", [Own, Plain])
@pytest.mark.parametrize(("chain", "reason"), LIES)
async def test_an_invalid_longest_chain_falls_back_to_the_next(
    kind: type[Plain], chain: list[Block], reason: str
) -> None:
    held = Kept(OURS)
    outcome = await searched(held, kind(chain, "liar"), kind(RIGHT, "next"))
    assert outcome.best is not None
    assert outcome.best.peer == "next"
    assert held.adopted() == RIGHT
    liar = outcome.standings[0]
    assert liar.verdict is Verdict.INVALID
    assert reason in liar.detail


@pytest.mark.parametrize("length", [31, 29, 0, -1, 10**30, "30", None, True, 30.0, []])
async def test_a_plain_peer_that_lies_about_its_length_is_invalid(length: Any) -> None:
    liar = Plain(LONGER, "liar")
    liar.body = lambda: whole(LONGER).replace(b'"length": 30', b'"length": %b' % _json(length))  # type: ignore[method-assign]
    held = Kept(OURS)
    outcome = await searched(held, liar, Plain(RIGHT, "next"))
    assert held.adopted() == RIGHT
    assert outcome.standings[0].verdict is Verdict.INVALID
    assert "block 30: length" in outcome.standings[0].detail


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


async def test_a_peer_that_claims_more_blocks_than_it_has_is_invalid() -> None:
    liar = Own(LONGER, "liar")
    liar.claimed = 10**9, "ab" * 32
    held = Kept(OURS)
    outcome = await searched(held, liar, Own(RIGHT, "next"))
    assert held.adopted() == RIGHT
    assert outcome.standings[0].verdict is Verdict.INVALID
    assert "block 31: length" in outcome.standings[0].detail


async def test_a_peer_whose_newest_block_is_not_the_one_that_it_claims_is_invalid() -> None:
    liar = Own(LONGER, "liar")
    liar.claimed = 30, "ab" * 32
    held = Kept(OURS)
    outcome = await searched(held, liar, Own(RIGHT, "next"))
    assert held.adopted() == RIGHT
    assert "block 30: tip" in outcome.standings[0].detail


@pytest.mark.parametrize(("claimed", "height"), [(20, 21), (15, 16)])
async def test_a_peer_that_claims_to_have_our_blocks_and_has_others_is_invalid(
    claimed: int, height: int
) -> None:
    class Liar(Own):
        def hash_at(self, height: int) -> str | None:
            return tip_of(OURS[:height]) if height <= claimed else super().hash_at(height)

    liar = Liar(forged(30, OURS[:10], by="beta"), "liar")
    held = Kept(OURS)
    outcome = await searched(held, liar, Own(RIGHT, "next"))
    assert held.adopted() == RIGHT
    assert outcome.standings[0].verdict is Verdict.INVALID
    assert f"block {height}: link" in outcome.standings[0].detail


async def test_a_peer_that_gets_another_chain_meanwhile_is_not_taken_for_a_liar() -> None:
    moving = Own(forged(28, RIGHT, by="beta"), "moving")

    async def blocks(request: web.Request) -> web.StreamResponse:
        moving.chain = LONGER
        return await moving.usual(request)

    moving.instead["/chain/blocks"] = blocks
    held = Kept(OURS)
    outcome = await searched(held, moving)
    assert outcome.best is not None
    assert held.adopted() == LONGER


async def test_peers_that_claim_the_longest_chain_and_hang_are_passed_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "_STILL", 0.1)
    hanging = [Own(LONGER, f"hangs{number}") for number in range(20)]
    for number, node in enumerate(hanging):
        node.claimed = 1000 - number, "ab" * 32
        node.instead["/chain/blocks"] = hang
        node.instead["/chain/hashes"] = hang
    held, began = Kept(OURS), time.monotonic()
    outcome = await searched(held, *hanging, Own(RIGHT, "next"), probe_timeout=0.5)
    assert time.monotonic() - began < 5
    assert outcome.best is not None
    assert held.adopted() == RIGHT
    assert outcome.standings[0].verdict is Verdict.UNREACHABLE


def only_whole(talk: Callable[[asyncio.StreamWriter], Any]) -> Talk:
    """Make a plain peer that does something else than to send its whole chain."""

    async def talked(path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/chain":
            await talk(writer)
        else:
            await say(writer, b"", "404 Not Found")

    return talked


async def endless_space(writer: asyncio.StreamWriter) -> None:
    await begin(writer)
    await without_end(writer, b" " * 65_536)


async def endless_blocks(writer: asyncio.StreamWriter) -> None:
    await begin(writer)
    writer.write(whole(LONGER)[: -len(b'], "length": 30}')])
    await without_end(writer, b", {}" * 10_000)


async def endless_members(writer: asyncio.StreamWriter) -> None:
    await begin(writer)
    writer.write(b"{")
    await without_end(writer, b'"a": 1, ' * 10_000)


async def endless_text(writer: asyncio.StreamWriter) -> None:
    await begin(writer)
    writer.write(b'{"chain": [{"index": "')
    await without_end(writer, b"x" * 65_536)


async def endless_nesting(writer: asyncio.StreamWriter) -> None:
    await begin(writer)
    writer.write(b'{"chain": ')
    await without_end(writer, b"[" * 65_536)


async def endless_digits(writer: asyncio.StreamWriter) -> None:
    await begin(writer)
    writer.write(b'{"length": ')
    await without_end(writer, b"1" * 65_536)


BOMB = zlib.compress(b" " * 40_000_000, 1, wbits=31)


async def endless_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    await without_end(writer, b"X-More: and more\r\n" * 100)


async def endless_early_answers(writer: asyncio.StreamWriter) -> None:
    await without_end(writer, b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


async def bomb(writer: asyncio.StreamWriter) -> None:
    await begin(writer, "Content-Encoding: gzip")
    writer.write(BOMB)
    await writer.drain()
    writer.close()


async def cut_off(writer: asyncio.StreamWriter) -> None:
    body = whole(LONGER)
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    writer.write(body[:3000])
    await writer.drain()
    writer.close()


async def cut_off_without_length(writer: asyncio.StreamWriter) -> None:
    await begin(writer)
    writer.write(whole(LONGER)[:3000])
    await writer.drain()
    writer.close()


async def no_http(writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await writer.drain()


async def drip(writer: asyncio.StreamWriter) -> None:
    await begin(writer)
    body = whole(LONGER)
    for position in range(len(body)):
        writer.write(body[position : position + 1])
        await writer.drain()
        await asyncio.sleep(0.1)


def answer(status: str, *headers: str, body: bytes = b"") -> Callable[[asyncio.StreamWriter], Any]:
    async def answered(writer: asyncio.StreamWriter) -> None:
        lines = "".join(f"{each}\r\n" for each in headers)
        said = f"HTTP/1.1 {status}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        writer.write(said.encode() + body)
        await writer.drain()

    return answered


def packed_as(encoding: str) -> Callable[[asyncio.StreamWriter], Any]:
    return answer("200 OK", f"Content-Encoding: {encoding}", body=b"xxx")


ANSWERS = {
    "space without end": (endless_space, Verdict.INVALID, "nothing but space"),
    "members without end": (endless_members, Verdict.INVALID, "beside the chain"),
    "blocks without end": (endless_blocks, Verdict.INVALID, "block 31: form"),
    "a text without end": (endless_text, Verdict.INVALID, "block 1: form"),
    "nesting without end": (endless_nesting, Verdict.INVALID, "nested too deeply"),
    "digits without end": (endless_digits, Verdict.INVALID, "too many digits"),
    "headers without end": (endless_headers, Verdict.UNREACHABLE, ""),
    "early answers without end": (endless_early_answers, Verdict.UNREACHABLE, ""),
    "a bomb": (bomb, Verdict.INVALID, "nothing but space"),
    "broken off": (cut_off, Verdict.UNREACHABLE, "broke off"),
    "the middle only": (cut_off_without_length, Verdict.INVALID, "ends in the middle"),
    "no HTTP": (no_http, Verdict.UNREACHABLE, ""),
    "slow drips": (drip, Verdict.UNREACHABLE, "in time"),
    "500": (answer("500 Oops"), Verdict.UNREACHABLE, "status 500"),
    "204": (answer("204 No Content"), Verdict.UNREACHABLE, "status 204"),
    "a redirect": (answer("302 Found", "Location: /chain?"), Verdict.UNREACHABLE, "status 302"),
    "another page": (answer("200 OK", body=b"<html>"), Verdict.INVALID, "no JSON"),
    "nothing": (answer("200 OK"), Verdict.INVALID, "ends in the middle"),
    "packed otherwise": (packed_as("br"), Verdict.UNREACHABLE, "packed"),
    "packed wrongly": (packed_as("gzip"), Verdict.UNREACHABLE, "packed"),
    "UTF-16": (answer("200 OK", body='{"chain": []}'.encode("utf-16")), Verdict.INVALID, "UTF-8"),
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_whatever_a_plain_peer_sends_the_right_chain_is_found(what: str) -> None:
    talk, verdict, detail = ANSWERS[what]
    held, began = Kept(OURS), time.monotonic()
    outcome = await searched(
        held,
        Raw(only_whole(talk), "odd"),
        Plain(RIGHT, "next"),
        probe_timeout=1.0,
        deadline=8.0,
        max_bytes=50_000_000,
    )
    assert time.monotonic() - began < 8.5
    assert held.adopted() == RIGHT
    odd = outcome.standings[0]
    assert (odd.verdict, detail in odd.detail) == (verdict, True), odd
