"""What BitShares nodes send: frames, messages, blocks, keys, signatures and objects."""

from __future__ import annotations

import asyncio
import contextlib
import json
from functools import cache
from typing import Any

from chains.bitshares.accounts import parse_authorities
from chains.bitshares.aside import AsideError, read_answer
from chains.bitshares.blocks import block_id, header_bytes, parse_block
from chains.bitshares.client import NodeClient
from chains.bitshares.connection import Budget
from chains.bitshares.follower import Follower
from chains.bitshares.keys import decode_key, encode_key, recover_key
from chains.bitshares.objects import Names, Reading, WitnessIds, parse_reading
from chains.bitshares.readings import Readings
from chains.bitshares.transactions import (
    merkle_root,
    pack_transaction,
    transaction_id,
    witness_updates,
)
from chains.bitshares.wire import bytes_of, parse_json
from chains.errors import (
    BadReplyError,
    ChainError,
    InvalidSignatureError,
    MalformedDataError,
    MalformedKeyError,
    NodeError,
)
from devnet.keys import DevKey
from tests.fuzz.socketed import heard
from tests.fuzz.target import Target, cut, json_of, runner
from tests.support.chain import PREFIX, ForgedChain
from tests.support.scripted import objects

_PATIENCE = 5.0


def rpc_frames(data: bytes) -> bool:
    """Take the bytes of a websocket (after one byte: the size of the pieces), at once and so."""
    if not data:
        return False
    body = data[1:]
    messages, _ = at_once = heard([body])
    assert heard(cut(body, data[0] + 1)) == at_once
    return bool(messages)


def rpc_messages(data: bytes) -> bool:
    """Take messages, one a line, while a call and a subscription wait for theirs."""
    return runner().run(_converse(_Lines(data)))


def node_block(data: bytes) -> bool:
    """Take a BitShares block, and have the follower of a chain look at it."""
    value = json_of(data)
    _, follower, updated = _followed()
    before, taken = follower.entries(), False
    with contextlib.suppress(ChainError):
        applied = follower.apply(parse_block(value))
        assert applied.id == updated
        assert {update.witness for update in applied.updates} <= {"1.6.2"}
        follower.rewind(before[-1].id)
        taken = True
    assert follower.entries() == before
    return taken


def block_parts(data: bytes) -> bool:
    """Take a block by itself: its header's bytes, its signature, and what it holds."""
    return _in_parts(json_of(data))


def aside_answers(data: bytes) -> bool:
    """Take what a node answers by HTTP (after a byte: the size of the pieces): it may be a block.

    No byte of its text is lost, though it may be no UTF-8.
    """
    if not data:
        return False
    said = data[1:]
    text = runner().run(_answered([said]))
    assert runner().run(_answered(cut(said, data[0] + 1))) == text
    if text is None:
        return False
    assert said.partition(b"\r\n\r\n")[2] == bytes_of(text)
    with contextlib.suppress(MalformedDataError):
        answer = parse_json(text)
        return isinstance(answer, dict) and _in_parts(answer.get("result"))
    return False


def public_keys(data: bytes) -> bool:
    """Take a text for a key, which has only one."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(MalformedKeyError):
        key = decode_key(text, PREFIX)
        assert encode_key(key, PREFIX) == text
        return True
    return False


def signatures(data: bytes) -> bool:
    """Take 32 bytes for a digest, and the rest for its signature."""
    with contextlib.suppress(InvalidSignatureError):
        assert len(recover_key(data[:32].ljust(32, b"\0"), data[32:])) == 33
        return True
    return False


def node_reading(data: bytes) -> bool:
    """Take a BitShares node's objects, and begin with them."""
    value = json_of(data)
    chain, _, _ = _followed()
    with contextlib.suppress(ChainError):
        reading = parse_reading(_NAMES, value)
        follower = Follower(PREFIX, 600)
        follower.begin(chain.blocks[13:-1], reading)
        follower.next_slots()
        follower.provisional_misses(reading.head_time + 9.0)
        return True
    return False


def authorities(data: bytes) -> bool:
    """Take who may act for an account, as a node tells it."""
    with contextlib.suppress(ChainError):
        told = parse_authorities(json_of(data))
        for part in (told.active, told.owner):
            enough = part.just_enough(part.weights)
            assert not enough or part.satisfied_by(enough)
        return True
    return False


# Inside


def _in_parts(value: Any) -> bool:
    """Look at a block by itself; tell whether it is one."""
    with contextlib.suppress(ChainError):
        block = parse_block(value)
        header = header_bytes(block.previous, block.time, block.witness, block.merkle_root)
        assert block.id == block_id(header, block.signature)
        assert block.number == int(block.previous[:8], 16) + 1
        with contextlib.suppress(InvalidSignatureError):
            assert len(block.signer()) == 33
        for update in witness_updates(block.transactions, PREFIX):
            if update.transaction_id is not None:
                packed = pack_transaction(update.transaction, PREFIX)
                assert update.transaction_id == transaction_id(packed)
        assert len(merkle_root(block.transactions, PREFIX)) == 40
        return True
    return False


async def _answered(pieces: list[bytes]) -> str | None:
    """Return the body of an answer that comes in pieces, None where it is refused."""
    reader = asyncio.StreamReader()
    budget = Budget(burst=10**9, rate=0, clock=lambda: 0.0)  # pieces cost more than the whole
    reading = asyncio.ensure_future(read_answer(reader, budget))
    for piece in pieces:
        reader.feed_data(piece)
        await asyncio.sleep(0)
    reader.feed_eof()
    try:
        return await reading
    except AsideError:
        return None


class _Lines:
    """Stands in for a connection over which a node sends what it likes, and then leaves."""

    def __init__(self, data: bytes) -> None:
        self._messages = [line if number % 2 else _text(line) for number, line in _lines(data)]

    async def send(self, message: str) -> None:
        json.loads(message)

    def __aiter__(self) -> _Lines:
        return self

    async def __anext__(self) -> str | bytes:
        await asyncio.sleep(0)
        if not self._messages:
            raise StopAsyncIteration
        return self._messages.pop(0)

    async def leave(self) -> None:
        self._messages = []


def _lines(data: bytes) -> enumerate[bytes]:
    return enumerate(data.split(b"\n"))


def _text(line: bytes) -> str | bytes:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line


async def _converse(connection: _Lines) -> bool:
    """Tell whether every call was answered."""
    given: Any = connection
    client = NodeClient("eu", given, _PATIENCE)
    announced: list[str] = []
    waiting = [
        asyncio.create_task(client.subscribe_blocks(announced.append)),
        asyncio.create_task(client.call("database", "get_objects", ["2.0.0"])),
        asyncio.create_task(client.check_chain("ab" * 32)),
        asyncio.create_task(_read(client)),
    ]
    await asyncio.sleep(0)
    async with asyncio.timeout(_PATIENCE):
        await client.listen()
        done = await asyncio.gather(*waiting, return_exceptions=True)
    for each in done:
        if isinstance(each, BaseException) and not isinstance(each, NodeError):
            raise each
        if isinstance(each, NodeError):
            assert len(str(each)) < 700
            assert str(each).isprintable()
    assert all(isinstance(each, str) for each in announced)
    assert announced[-1] == ""
    return not any(isinstance(each, NodeError) for each in done)


async def _read(client: NodeClient) -> Reading:
    """Ask for objects as a watch does: an answer's text is taken apart where nodes share it."""
    text = await client.call_for_text("database", "get_objects", _NAMES.object_ids())
    try:
        return Readings().of(_NAMES, text)
    except MalformedDataError as error:
        raise BadReplyError(client.name, str(error)) from error


@cache
def _followed() -> tuple[ForgedChain, Follower, str]:
    chain = ForgedChain()
    chain.run(27)
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks[13:], chain.reading())
    chain.produce(updates={"1.6.2": DevKey("other")}, salt="hi")
    return chain, follower, chain.id


_NAMES = Names((WitnessIds("init0", "1.2.6", "1.6.1", "2.5.6"),), {"USD": "2.4.1"})
_FEED = {
    "id": "2.4.1",
    "feeds": [["1.2.6", ["2027-01-15T08:00:00", {}]], ["1.2.9", ["2027-01-15T07:00:00", {}]]],
    "options": {"feed_lifetime_sec": 86_400},
}


def _block_seeds() -> list[bytes]:
    chain, _, _ = _followed()
    updated, before = (json.dumps(chain.raw[number]).encode() for number in (28, 27))
    named = b'"%s", "witness_account"'
    spelt = (updated.replace(named % b"1.6.2", named % odd) for odd in (b"1.06.2", b"1.2.2"))
    return [updated, before, *spelt]


def _reading_seeds() -> list[bytes]:
    known = {**objects(_before()), "2.4.1": _FEED}
    return [json.dumps([known[name] for name in _NAMES.object_ids()]).encode()]


def _before() -> ForgedChain:
    chain = ForgedChain()
    chain.run(27)
    return chain


def _message_seeds() -> list[bytes]:
    notice = b'{"method": "notice", "params": [1, ["%s"]]}' % (b"0a" * 20)
    error = b'{"id": 2, "error": {"code": 1, "message": "Assert Exception"}}'
    [objects_told] = _reading_seeds()
    each_answered = (
        b'{"id": 1, "result": null}',
        notice,
        b'{"id": 2, "result": [null]}',
        b'{"id": 3, "result": "%s"}' % (b"ab" * 32),
        b'{"id": 4, "result": %s}' % objects_told,
    )
    return [
        b"\n".join(each_answered),
        b'{"id": 3, "result": "%s"}\n%s' % (b"cd" * 32, error),
        b'{"id": 3, "result": %s}' % (b"[" * 900 + b"]" * 900),
        b'{"id": 4, "result": [}',
    ]


def _frame_seeds() -> list[bytes]:
    text = b'{"id": 1, "result": null}'
    whole = bytes([0x81, len(text)]) + text
    parts = bytes([0x01, 5]) + text[:5] + b"\x89\x01p" + bytes([0x80, 20]) + text[5:]
    closing = b"\x88\x05\x03\xe8bye"
    return [
        b"\x03" + whole + parts + closing,
        b"\x07\x82\x7e\x01\x00" + b"x" * 256,
        b"\xff\x8a\x00",
    ]


def _aside_seeds() -> list[bytes]:
    head = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"
    block, *_ = _block_seeds()
    odd = block.replace(b'"new_url": "hi"', b'"new_url": "\xff\xfe"')
    answers = [b'{"id": 1, "result": %s}' % each for each in (block, odd)]
    return [*(b"\x63" + head + each for each in answers), b"\x00HTTP/1.1 200 OK\r\n\r\n\xff"]


def _authority_seeds() -> list[bytes]:
    key = DevKey("one").text(PREFIX)
    part = {"weight_threshold": 1, "account_auths": [["1.2.9", 1]], "key_auths": [[key, 1]]}
    told = {"active": {**part, "address_auths": []}, "owner": {**part, "address_auths": []}}
    return [json.dumps(told).encode()]


def _signature_seeds() -> list[bytes]:
    digest = bytes(range(32))
    return [digest + DevKey("one").sign(digest), digest + bytes([31]) + b"\xff" * 64]


_BLOCK_WORDS = ("witness", "operations", "new_signing_key", "extensions", "signatures", "1.6.1")

TARGETS = {
    "rpc_frames": Target(rpc_frames, _frame_seeds, ("\x81", "\x88", "\x89", "\x7e", "\x7f")),
    "rpc_messages": Target(
        rpc_messages,
        _message_seeds,
        ("id", "method", "notice", "params", "error", "code", "message", "result", "[[[[[[[["),
    ),
    "node_block": Target(node_block, _block_seeds, _BLOCK_WORDS),
    "block_parts": Target(block_parts, _block_seeds, (*_BLOCK_WORDS, "operation_results", "memo")),
    "aside_answers": Target(aside_answers, _aside_seeds, ("HTTP/1.", "\r\n\r\n", "\xff", "result")),
    "public_keys": Target(
        public_keys, lambda: [DevKey("one").text(PREFIX).encode(), (PREFIX + "1" * 50).encode()]
    ),
    "signatures": Target(signatures, _signature_seeds),
    "node_reading": Target(node_reading, _reading_seeds, ("1.6.1", "2.5.6", "signing_key")),
    "authorities": Target(
        authorities, _authority_seeds, ("active", "owner", "weight_threshold", "key_auths")
    ),
}
