"""The measurement of the exporter: nodes that answer as a devnet does, and right arithmetic."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from websockets.asyncio.server import serve

from bench.bars import judge
from bench.exporter import BARS, NODES, WITNESSES, figures, reading
from bench.exporter.growth import slope_ratio
from bench.exporter.nodes import DIFFERING, INTERVAL, ReadyMade, network
from bench.exporter.point import Point
from chains.bitshares.client import open_client
from chains.errors import NodeRefusedError
from chains.settings import NodeSettings
from devnet.launch import Devnet
from understudy.config import load

COUNT = 3
ACCOUNTS = [f"init{i}" for i in range(COUNT)]
OBJECTS = ["2.1.0", "2.12.0", "2.0.0", *(f"1.6.{i + 1}" for i in range(COUNT)), "2.5.6", "1.6.99"]


def begun() -> int:
    return (int(time.time()) // INTERVAL - 20) * INTERVAL


@asynccontextmanager
async def ready_made(genesis_time: int) -> AsyncIterator[tuple[ReadyMade, str]]:
    nodes = ReadyMade(network(COUNT, genesis_time))
    await nodes.catch_up(genesis_time + 10 * INTERVAL)
    async with serve(
        nodes.serve, "127.0.0.1", 0, process_request=nodes.tell, compression=None
    ) as server:
        yield nodes, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def said(url: str, method: str, *args: Any) -> Any:
    async with open_client(NodeSettings("n", url), 5.0) as client:
        try:
            return await client.call("database", method, *args)
        except NodeRefusedError as refusal:
            return refusal.code


async def test_ready_made_nodes_answer_what_a_devnet_of_the_same_genesis_answers() -> None:
    genesis_time = begun()
    settings = network(COUNT, genesis_time)
    calls: list[tuple[Any, ...]] = [
        ("get_chain_id",),
        ("lookup_witness_accounts", "", 1000),
        ("get_full_accounts", ACCOUNTS, False),
        ("get_witness_by_account", "init1"),
        ("get_witness_by_account", "nobody"),
        ("get_witnesses", ["1.6.1", "1.6.2"]),
        ("set_block_applied_callback", 1),
        ("get_objects", OBJECTS),
        ("get_block", 1),
        ("get_block", 7),
        ("get_block", 1_000_000),
        ("get_block_header", 5),
    ]
    async with Devnet(replace(settings, prehistory=1)) as net, ready_made(genesis_time) as made:
        nodes, address = made
        for call in calls:
            head = ""
            while head != net.state.id:  # it may get a block while it is asked
                head = net.state.id
                expected = await said(net.nodes["eu"].ws_url, *call)
            await nodes.catch_up(net.state.time)
            assert await said(f"ws://{address}/n0", *call) == expected, call


async def test_a_block_is_announced_to_all_and_shown_from_then_on() -> None:
    async with ready_made(begun()) as (nodes, address):
        told: list[asyncio.Queue[str]] = [asyncio.Queue(), asyncio.Queue()]
        urls = [f"ws://{address}/n0", f"ws://{address}/n1"]
        async with (
            open_client(NodeSettings("n0", urls[0]), 5.0) as one,
            open_client(NodeSettings("n1", urls[1]), 5.0) as other,
        ):
            for client, queue in zip((one, other), told, strict=True):
                await client.subscribe_blocks(queue.put_nowait)
                await client.call("database", "get_objects", ["2.1.0"])
            await nodes.next_block(nodes.node.state.slot_time(1))
            async with asyncio.timeout(5):
                heads = [await queue.get() for queue in told]
            (shown,) = await one.call("database", "get_objects", ["2.1.0"])
            assert heads == [shown["head_block_id"]] * 2 == [nodes.node.state.id] * 2
        async with httpx.AsyncClient(trust_env=False) as asker:
            found = (await asker.get(f"http://{address}/told")).json()
    assert found["calls"] == {"/n0": 3, "/n1": 2}
    assert list(found["announced"]) == [str(nodes.node.state.number)]


async def test_nodes_that_differ_show_the_same_chain_in_other_words() -> None:
    async with ready_made(begun()) as (nodes, _):
        request = json.dumps({"id": 4, "method": "call", "params": [0, "get_objects", [["2.1.0"]]]})
        answers = [await nodes.answer(f"{DIFFERING}n{i}", request) for i in range(2)]
        shown = [json.loads(answer)["result"][0] for answer in answers]
        assert answers[0] != answers[1]
        assert {each.pop("total_pob") for each in shown} == {1, 2}
        assert shown[0] == shown[1]


@pytest.mark.parametrize("hosts", [False, True])
def test_an_exporter_is_told_of_every_node_and_host(tmp_path: Path, hosts: bool) -> None:
    point = Point(4, 2, hosts=hosts)
    file = tmp_path / "understudy.yaml"
    document = point.configuration("ws://127.0.0.1:9000", begun(), 9001)
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    chain = load(file).chain
    named = [p.node for witness in chain.witnesses for p in witness.producers if p.node]
    assert len(chain.nodes) == 2
    assert len(chain.witnesses) == 4
    assert sorted(named) == sorted(f"ws://127.0.0.1:9000{path}" for path in point.host_paths())
    assert len(set(named)) == point.host_count == (12 if hosts else 0)


TEXT = b"""\
bitshares_node_canonical{node="n0"} 1.0
bitshares_node_canonical{node="n1"} 0.0
bitshares_node_head_block{node="n0"} 1042.0
bitshares_node_head_block{node="n1"} 1041.0
bitshares_producer_up{witness="init0",producer="alpha",signing_key="BTS1"} 1.0
bitshares_node_rpc_duration_seconds_count{node="n0"} 12.0
bitshares_node_rpc_duration_seconds_count{node="n1"} 7.0
"""


def test_figures_are_read_from_what_the_exporter_says() -> None:
    assert reading.newest_block(TEXT) == 1042
    assert reading.newest_block(b"") == 0
    assert reading.canonical_nodes(TEXT) == 1
    assert reading.hosts_up(TEXT) == 1
    assert reading.calls_by_node(TEXT) == {"n0": 12, "n1": 7}


def test_a_straight_line_has_one_slope_whatever_it_begins_with() -> None:
    assert slope_ratio({10: 75.0, 100: 84.0, 1000: 174.0}, 1.0) == pytest.approx(1.0)
    assert slope_ratio({n: n * n for n in (10, 100, 1000)}, 1.0) == pytest.approx(10.0)
    assert slope_ratio({1: 50.0, 10: 50.1, 100: 51.0}, 5.0) < 0.1


def point_figures(witnesses: int, nodes: int) -> dict[str, Any]:
    return {
        "all_nodes_seconds": 5.0,
        "cpu_per_block_ms": 20.0 + witnesses * 0.1 + nodes * 2,
        "rpc_calls_per_block_per_node": 2.0,
        "metrics_seconds_p50": 0.001,
        "metrics_seconds_p99": 0.005,
        "metrics_bytes": 1000,
        "notice_to_metrics_seconds": 0.1,
        "rss_mb": 70 + witnesses * 0.05 + nodes * 0.2,
        "calls_agree": True,
        "spread": {"cpu_per_block_ms": {"median": 1, "min": nodes, "max": witnesses, "runs": 4}},
    }


def grid() -> dict[Point, dict[str, Any]]:
    return {Point(w, n): point_figures(w, n) for w in WITNESSES for n in NODES}


def test_what_grows_linearly_and_asks_twice_misses_no_bar() -> None:
    told = judge("exporter", figures(grid()), BARS)
    assert told["bars_missed"] == []
    assert (told["witnesses"], told["nodes"], told["rss_mb"]) == (100, 10, 77.0)
    assert set(told["grid"]) == {f"{w}x{n}" for w in WITNESSES for n in NODES}


def test_how_far_blocks_were_apart_is_told_for_each_point() -> None:
    told = figures(grid())["spread"]
    assert told["cpu_per_block_ms"] == told["grid.100x10.cpu_per_block_ms"]
    assert told["grid.1000x1.cpu_per_block_ms"]["max"] == 1000


@pytest.mark.parametrize(
    ("point", "spoiled", "missed"),
    [
        (Point(1000, 100), {"cpu_per_block_ms": 3000.0}, "slope_by_witnesses.cpu_per_block_ms"),
        (Point(1000, 100), {"rss_mb": 900.0}, "slope_by_nodes.rss_mb"),
        (Point(10, 100), {"rpc_calls_per_block_per_node": 2.2}, "most_calls_per_block_per_node"),
        (Point(1000, 1), {"calls_agree": False}, "calls_agree"),
    ],
)
def test_what_grows_faster_or_asks_more_at_any_point_is_told(
    point: Point, spoiled: dict[str, Any], missed: str
) -> None:
    found = grid()
    found[point] |= spoiled
    assert missed in judge("exporter", figures(found), BARS)["bars_missed"]
