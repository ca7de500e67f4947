"""A devnet that runs by the clock: its addresses, its faults, and how it is asked for them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from time import monotonic, time
from typing import Any

import httpx
import pytest
import websockets

from devnet.configuration import configuration
from devnet.faults import UnknownHostError
from devnet.launch import Devnet
from devnet.serve import ControlError, ask_for_fault, ask_for_state
from devnet.settings import DevnetSettings

HISTORY = 30


@pytest.fixture
async def net() -> AsyncIterator[Devnet]:
    """A devnet of one-second blocks with some history."""
    async with Devnet(DevnetSettings(prehistory=HISTORY, reconnect=0.1)) as running:
        yield running


async def call(url: str, api: Any, method: str, *params: Any, timeout: float = 5.0) -> Any:
    frame = {"id": 1, "method": "call", "params": [api, method, list(params)]}
    async with httpx.AsyncClient(timeout=timeout) as client:
        answer = (await client.post(url, json=frame)).json()
    assert "error" not in answer, answer["error"]
    return answer["result"]


async def height(url: str) -> int:
    head = await call(url, "database", "get_dynamic_global_properties")
    return int(head["head_block_number"])


async def test_it_begins_at_once_with_a_history_that_is_irreversible(net: Devnet) -> None:
    url = net.nodes["eu"].http_url
    head = await call(url, "database", "get_dynamic_global_properties")
    assert head["head_block_number"] >= HISTORY
    assert head["last_irreversible_block_num"] >= HISTORY - 7
    first = await call(url, "database", "get_block", 1)
    assert first["previous"] == "00" * 20


async def test_a_block_comes_with_its_second_and_the_next_with_the_next(net: Devnet) -> None:
    heads = []
    async with websockets.connect(net.nodes["us"].ws_url) as socket:
        subscribe = {"id": 1, "method": "call", "params": [0, "set_block_applied_callback", [7]]}
        await socket.send(json.dumps(subscribe))
        assert json.loads(await socket.recv()) == {"id": 1, "result": None}
        for _ in range(3):
            notice = json.loads(await socket.recv())
            assert notice["params"][0] == 7
            heads.append(int(notice["params"][1][0][:8], 16))
            assert time() % 1 < 0.5
    assert heads == list(range(heads[0], heads[0] + 3))


async def test_its_configuration_names_what_really_answers(net: Devnet) -> None:
    found = configuration(net)["bitshares"]
    for node in found["nodes"]:
        url = node["url"].replace("ws://", "http://")
        assert await call(url, 0, "get_chain_id") == found["chain_id"]
    (witness,) = found["witnesses"]
    assert [producer["name"] for producer in witness["producers"]] == ["alpha", "beta", "gamma"]
    on_chain = await call(net.nodes["eu"].http_url, 0, "get_witness_by_account", witness["account"])
    assert on_chain["signing_key"] == witness["producers"][0]["signing_key"]
    assert len({producer["signing_key"] for producer in witness["producers"]}) == 3


async def test_a_killed_host_refuses_connections_and_its_witness_misses(net: Devnet) -> None:
    alpha = net.nodes["alpha"]
    async with websockets.connect(alpha.ws_url) as socket:
        await alpha.kill()
        with pytest.raises(websockets.ConnectionClosedError):
            await socket.recv()
    with pytest.raises(OSError, match="Connect call failed"):
        await websockets.connect(alpha.ws_url)
    await net.wait_for(lambda state: state.witnesses["1.6.1"].total_missed > 0)
    await alpha.heal()
    confirmed = net.state.number
    await net.wait_for(lambda state: state.witnesses["1.6.1"].last_confirmed > confirmed)
    assert await height(alpha.http_url) >= net.state.number - 1


async def test_a_frozen_host_accepts_connections_and_answers_when_it_wakes(net: Devnet) -> None:
    alpha = net.nodes["alpha"]
    async with websockets.connect(alpha.ws_url, ping_interval=None) as socket:
        await alpha.freeze()
        await socket.send('{"id":1,"method":"get_chain_id","params":[]}')
        host, port = alpha.ws_url.removeprefix("ws://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.2):
                await socket.recv()
        stuck = alpha.chain.forks.height
        await net.wait_block(stuck + 1)
        assert alpha.chain.forks.height == stuck
        await alpha.heal()
        assert json.loads(await socket.recv())["result"] == net.chain_id
        writer.close()
    await net.wait_blocks(1)
    await net.network.wait_for(lambda _: alpha.chain.forks.head == net.state.id)


async def test_a_cut_host_answers_with_an_old_head_and_catches_up(net: Devnet) -> None:
    gamma = net.nodes["gamma"]
    gamma.cut()
    at = gamma.chain.forks.height
    await net.wait_block(at + 2)
    assert await height(gamma.http_url) == at
    await gamma.heal()
    await net.wait_for(lambda _: gamma.chain.forks.height == net.state.number)


async def test_a_lagging_host_answers_late_and_only_it(net: Devnet) -> None:
    net.nodes["us"].lag(answers=0.7)
    begun = monotonic()
    await height(net.nodes["us"].http_url)
    assert monotonic() - begun >= 0.7
    async with websockets.connect(net.nodes["us"].ws_url) as socket:
        begun = monotonic()
        await socket.send('{"id":1,"method":"get_chain_id","params":[]}')
        await socket.recv()
        assert monotonic() - begun >= 0.7
    lagging = asyncio.create_task(height(net.nodes["us"].http_url))
    await height(net.nodes["eu"].http_url)
    assert not lagging.done()
    await lagging


async def test_blocks_reach_a_host_behind_a_slow_line_late(net: Devnet) -> None:
    net.nodes["asia"].lag(messages=1.5)
    state = await net.wait_blocks(2)
    assert net.nodes["asia"].chain.forks.height < state.number


async def test_after_all_hosts_are_gone_and_back_blocks_come_again(net: Devnet) -> None:
    for node in net.nodes.values():
        await node.kill()
    await net.faults.heal()
    await net.wait_blocks(3)


async def test_faults_are_asked_for_over_http_and_shown(net: Devnet) -> None:
    before = await asyncio.to_thread(ask_for_state, net.control_url)
    assert before["chain_id"] == net.chain_id
    assert not any(node["killed"] or node["frozen"] or node["group"] for node in before["nodes"])
    for fault, body, shown in (
        ("kill", {"host": "alpha"}, {"killed": True}),
        ("freeze", {"host": "beta"}, {"frozen": True}),
        ("cut", {"host": "gamma"}, {"group": 1}),
        ("lag", {"host": "us", "answers": 0.5}, {"answer_lag_seconds": 0.5}),
        ("partition", {"groups": [["eu"], ["us"]]}, {}),
    ):
        after = await asyncio.to_thread(ask_for_fault, net.control_url, fault, body)
        (found,) = [each for each in after["nodes"] if each["name"] == body.get("host", "eu")]
        assert shown.items() <= found.items()
    healed = await asyncio.to_thread(ask_for_fault, net.control_url, "heal", {})
    assert not any(node["killed"] or node["frozen"] for node in healed["nodes"])
    await net.wait_blocks(2)
    assert {net.network.group(name) for name in net.nodes} == {0}


@pytest.mark.parametrize(
    ("fault", "body", "sentence"),
    [
        ("explode", {"host": "alpha"}, "no fault 'explode'"),
        ("kill", {"host": "delta"}, "no host 'delta'"),
        ("kill", {}, "which host"),
        ("lag", {"host": "alpha", "answers": -1}, "answers must be"),
        ("lag", {"host": "alpha", "messages": "x"}, "messages must be"),
        ("partition", {"groups": "alpha"}, "groups must be"),
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused_with_a_sentence(
    net: Devnet, fault: str, body: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ControlError, match=sentence):
        await asyncio.to_thread(ask_for_fault, net.control_url, fault, body)
    with pytest.raises(UnknownHostError):
        net.faults.cut("delta")


async def test_ports_follow_the_base_port_and_a_taken_one_is_named() -> None:
    async with Devnet() as one:
        taken = int(one.control_url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match=r"(?i)address already in use") as refused:
            async with Devnet(DevnetSettings(base_port=taken)):
                pass
    # That one, or one of those that follow it, which another program may have meanwhile.
    named = re.findall(r"127\.0\.0\.1\D+(\d+)", str(refused.value))
    assert [int(port) for port in named] == [pytest.approx(taken, abs=20)]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"witnesses": 0}, "witnesses is 0"),
        ({"interval": 31}, "interval is 31"),
        ({"hosts": ()}, "hosts is empty"),
        ({"hosts": ("a", "a")}, "a host twice"),
        ({"rings": 8}, "rings is 8"),
    ],
)
def test_settings_that_no_network_can_have_are_refused(
    settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        DevnetSettings(**settings)
