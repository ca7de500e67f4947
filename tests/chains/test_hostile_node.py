"""One hostile voting node of three neither stops the watch nor changes what it says."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from chains.bitshares.client import open_client
from chains.bitshares.watch import Watch
from chains.errors import NodeUnreachableError
from chains.settings import NodeSettings
from chains.standing import Verdict
from devnet.keys import DevKey
from tests.support.chain import PREFIX, ForgedChain
from tests.support.scripted import ScriptedNode, scripted

WITNESS = "1.6.1"
THIEF = DevKey("thief")
BLOCKS = 4

Lie = Callable[[str, Any], Any]
"""From a method and its honest result to what the node says instead."""


class Honest(ScriptedNode):
    delay = 0.01  # the liar is always first


class Liar(ScriptedNode):
    def __init__(self, chain: ForgedChain, lie: Lie) -> None:
        super().__init__(chain)
        self.lie = lie

    def result(self, method: str, args: Sequence[Any]) -> Any:
        return self.lie(method, copy.deepcopy(super().result(method, args)))


class Talker(ScriptedNode):
    """Sends raw text instead of some answers, once the connection is made."""

    def __init__(self, chain: ForgedChain, raw: str, times: int = 1) -> None:
        super().__init__(chain)
        self.raw = raw
        self.times = times

    async def reply(self, connection: ServerConnection, request: dict[str, Any]) -> None:
        if request["params"][1] in ("get_objects", "get_block"):
            for _ in range(self.times):
                await connection.send(self.raw)
        else:
            await super().reply(connection, request)


def forged_chain() -> ForgedChain:
    chain = ForgedChain(interval=1)
    chain.run(28)
    return chain


def telling(object_id: str, **members: Any) -> Lie:
    """Put other members into one object."""

    def lie(method: str, result: Any) -> Any:
        for found in result if method == "get_objects" else ():
            if found["id"] == object_id:
                found.update(members)
        return result

    return lie


def parameters(**members: int) -> Lie:
    def lie(method: str, result: Any) -> Any:
        if method == "get_objects":
            result[2]["parameters"].update(members)
        return result

    return lie


def block_with(**members: Any) -> Lie:
    def lie(method: str, result: Any) -> Any:
        return {**result, **members} if method == "get_block" and result else result

    return lie


def answering(asked: str, answer: Any) -> Lie:
    return lambda method, result: answer if method == asked else result


def no_schedule_of_this_chain(method: str, result: Any) -> Any:
    if method == "get_objects":
        result[1]["current_shuffled_witnesses"].reverse()
        result[2]["active_witnesses"] = ["1.6.1"]
    return result


def far_ahead(method: str, result: Any) -> Any:
    if method == "get_objects":
        number = result[0]["head_block_number"] + 5000
        result[0]["head_block_number"] = number
        result[0]["head_block_id"] = f"{number:08x}" + "ab" * 16
    return result


def update(**members: Any) -> dict[str, Any]:
    body = {
        "fee": {"amount": 1, "asset_id": "1.3.0"},
        "witness": WITNESS,
        "witness_account": "1.2.6",
        "new_signing_key": THIEF.text(PREFIX),
    }
    return {
        "ref_block_num": 0,
        "ref_block_prefix": 0,
        "expiration": "2027-01-15T08:00:00",
        "operations": [[21, {**body, **members}]],
        "extensions": [],
        "signatures": [],
        "operation_results": [[0, {}]],
    }


def naming(witness: str) -> Lie:
    """Name another witness in each update of a block, whose transactions are else as they are."""

    def lie(method: str, result: Any) -> Any:
        for transaction in result["transactions"] if method == "get_block" and result else ():
            for _number, body in transaction["operations"]:
                body["witness"] = witness
        return result

    return lie


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


UNKNOWN = {**update(), "operations": [[77, {"what": {"only": "later nodes know"}}]]}

LIES: dict[str, Lie] = {
    "no-hex-head": telling("2.1.0", head_block_id="zz"),
    "no-text-head": telling("2.1.0", head_block_id=7),
    "huge-number": telling("2.1.0", current_aslot=10**400),
    "infinite-number": telling("2.1.0", recently_missed_count=float("inf")),
    "negative-head": telling("2.1.0", head_block_number=-5),
    "far-ahead": far_ahead,
    "no-interval": parameters(block_interval=0),
    "other-interval": parameters(block_interval=3),
    "no-maintenance": parameters(maintenance_interval=0),
    "other-maintenance": parameters(maintenance_interval=1, maintenance_skip_slots=3),
    "other-slot": telling("2.1.0", current_aslot=12345, dynamic_flags=1),
    "other-schedule": no_schedule_of_this_chain,
    "other-witnesses": telling("2.0.0", active_witnesses=[f"1.6.{i}" for i in range(50, 60)]),
    "no-witnesses": telling("2.0.0", active_witnesses=[]),
    "no-key": telling(WITNESS, signing_key="BTSnonsense"),
    "other-key": telling(WITNESS, signing_key=THIEF.text(PREFIX)),
    "endless-text": telling(WITNESS, url="x" * 100_000),
    "no-objects": answering("get_objects", [None] * 5),
    "half-objects": answering("get_objects", [{}, {}]),
    "no-block": answering("get_block", None),
    "odd-block": answering("get_block", [1, 2]),
    "last-number": block_with(previous="f" * 40),
    "no-previous": block_with(previous=""),
    "spaced-previous": block_with(previous=" " * 40),
    "no-witness": block_with(witness="1.6.-5"),
    "other-type": block_with(witness=f"1.2.{WITNESS}"),
    "no-signature": block_with(witness_signature="00"),
    "other-block": block_with(transaction_merkle_root="cd" * 20),
    "forged-update": block_with(transactions=[update()]),
    "forged-update-among-others": block_with(transactions=[UNKNOWN, update()]),
    "odd-update": block_with(transactions=[update(witness_account=5, new_url=7)]),
    "endless-update": block_with(transactions=[update(witness=["x" * 100_000])]),
    "deep-update": block_with(transactions=[update(new_signing_key=nested(200))]),
    "odd-key": block_with(transactions=[update(new_signing_key="BTS")]),
    "odd-operations": block_with(transactions=[{"operations": [[21, {"witness": []}]]}]),
    "other-chain": answering("get_chain_id", "cd" * 32),
    "odd-accounts": answering("get_full_accounts", [["init0", 5]]),
    "odd-names": answering("get_witness_by_account", {"id": [], "witness_account": {}}),
    "other-names": answering("get_witness_by_account", {"id": "1.6.3", "witness_account": "1.2.8"}),
}

TALK = {
    "garbage": Talker(forged_chain(), "half an ans"),
    "deep": Talker(forged_chain(), "[" * 50_000),
    "long-number": Talker(forged_chain(), f'{{"id": {"9" * 5000}}}'),
    "another-calls-answer": Talker(forged_chain(), '{"id": 1, "result": []}', times=50),
    "odd-error": Talker(forged_chain(), '{"id": 4, "error": {"code": 1, "message": "\\ud800"}}'),
    "endless-notices": Talker(
        forged_chain(), json.dumps({"method": "notice", "params": [1, ["00"]]}), times=5000
    ),
}


async def grow(chain: ForgedChain, watch: Watch, nodes: Sequence[ScriptedNode]) -> None:
    """Add blocks and wait for each to be followed."""
    for _ in range(BLOCKS):
        chain.produce(2 if chain.owner() == WITNESS else 1)
        for node in nodes:
            await node.announce()
        await head_is(watch, chain)


async def head_is(watch: Watch, chain: ForgedChain) -> None:
    async with asyncio.timeout(8):
        seen = -1
        while watch.follower.head is None or watch.follower.head.id != chain.id:
            seen = await watch.changed(seen)


async def honest_ones_count(watch: Watch) -> None:
    async with asyncio.timeout(8):
        while [v.verdict for v in watch.nodes[1:] if v.up] != [Verdict.CANONICAL] * 2:
            await asyncio.sleep(0.02)  # a reading by itself is no change that is announced


async def check_undisturbed(
    chain: ForgedChain, hostile: ScriptedNode, *honest: ScriptedNode
) -> None:
    """Watch the hostile node and two honest ones, and find only what is true of the chain."""
    honest = honest or (Honest(chain), Honest(chain))
    async with scripted(hostile, *honest) as settings:
        watch = Watch(settings)
        running = asyncio.create_task(watch.run())
        try:
            await head_is(watch, chain)
            await grow(chain, watch, [hostile, *honest])
            assert len(await watch.read_nodes(0.6)) == 3
            await honest_ones_count(watch)
            assert max(len(view.detail) for view in watch.nodes) <= 500
            assert watch.witness_ids("init0") is not None
            term = watch.follower.term(WITNESS)
            assert term is not None
            assert (term.key, term.since_block) == (chain.keys[WITNESS].text(PREFIX), None)
            assert watch.follower.last_signed(THIEF.text(PREFIX)) is None
            assert not watch.double_productions
            assert not running.done()
        finally:
            running.cancel()
            outcome = await asyncio.gather(running, return_exceptions=True)
        assert isinstance(outcome[0], asyncio.CancelledError)


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_changes_nothing(lie: str) -> None:
    chain = forged_chain()
    await check_undisturbed(chain, Liar(chain, LIES[lie]))


@pytest.mark.parametrize("lie", ["forged-update-among-others", "other-key", "other-schedule"])
async def test_a_liar_who_makes_the_majority_at_the_start_changes_nothing(lie: str) -> None:
    chain = forged_chain()
    second, third = Liar(chain, LIES[lie]), Honest(chain)
    second.delay, third.delay = 0.02, 0.1
    await check_undisturbed(chain, second, ScriptedNode(chain), third)


@pytest.mark.parametrize("talk", TALK)
async def test_talk_stops_nothing(talk: str) -> None:
    await check_undisturbed(forged_chain(), TALK[talk])


@pytest.mark.parametrize("spelt", ["1.06.1", "1.2.1"])
async def test_a_backup_that_never_signs_is_seen_though_one_node_spells_its_update_otherwise(
    spelt: str,
) -> None:
    chain, backup = forged_chain(), DevKey("backup")
    nodes = (Liar(chain, naming(spelt)), Honest(chain), Honest(chain))
    async with scripted(*nodes) as settings, asyncio.TaskGroup() as tasks:
        watch = Watch(settings)
        running = tasks.create_task(watch.run())
        await head_is(watch, chain)
        await honest_ones_count(watch)
        while chain.owner() == WITNESS:
            chain.produce(2)
        updating = chain.produce(updates={WITNESS: backup})
        chain.run_until(WITNESS)
        chain.produce(2)
        chain.produce()
        for node in nodes:
            await node.announce()
        await head_is(watch, chain)
        [(held, told)] = watch.follower.updates()
        assert (held.number, told.witness) == (updating.number, WITNESS)
        assert [slot.key for slot in watch.follower.recent_misses(WITNESS)] == [backup.text(PREFIX)]
        running.cancel()


async def test_silence_stops_nothing() -> None:
    class Mute(ScriptedNode):
        async def reply(self, connection: ServerConnection, request: dict[str, Any]) -> None:
            """Keep what was asked."""

    chain = forged_chain()
    await check_undisturbed(chain, Mute(chain))


@pytest.mark.parametrize("ahead", [0, 1, 40, 3000])
async def test_a_chain_of_the_liars_own_is_not_taken_up(ahead: int) -> None:
    own = forged_chain()
    own.blocks, own.raw = own.blocks[:21], {n: own.raw[n] for n in range(1, 22)}
    last = own.blocks[-1]
    own.number, own.id, own.time, own.aslot = last.number, last.id, last.time, 21
    own.keys = dict.fromkeys(own.active, THIEF)
    own.run(7 + ahead)
    await check_undisturbed(forged_chain(), ScriptedNode(own))


async def test_the_names_are_those_that_most_nodes_tell() -> None:
    chain = forged_chain()
    hostile = Liar(chain, LIES["other-names"])
    async with scripted(hostile, Honest(chain), Honest(chain)) as settings:
        watch = Watch(settings)
        running = asyncio.create_task(watch.run())
        async with asyncio.timeout(8):
            seen = -1
            while (ids := watch.witness_ids("init0")) is None or ids.witness_id != WITNESS:
                seen = await watch.changed(seen)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    "elsewhere", ["ws://[::1", "ws://127.0.0.1:1/", "http://elsewhere.example"]
)
async def test_a_node_can_not_send_us_elsewhere(elsewhere: str) -> None:
    def redirect(connection: ServerConnection, _request: Request) -> Response:
        response = connection.respond(HTTPStatus.FOUND, "elsewhere\n")
        response.headers["Location"] = elsewhere
        return response

    async def nobody(_connection: ServerConnection) -> None:
        pytest.fail("connected")

    async with serve(nobody, "127.0.0.1", 0, process_request=redirect) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(NodeUnreachableError, match="302"):
            async with open_client(NodeSettings("eu", url), 1.0):
                pytest.fail("connected")


async def test_a_host_name_that_can_not_be_is_told_in_a_sentence() -> None:
    with pytest.raises(NodeUnreachableError, match="eu: can't connect to"):
        async with open_client(NodeSettings("eu", f"ws://{'a' * 70}.example"), 1.0):
            pytest.fail("connected")
