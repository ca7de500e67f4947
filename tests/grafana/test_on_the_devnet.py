"""The dashboards on a real Prometheus, opened after a night in which all sorts of things failed.

A host dies and is replaced, a node is left on a fork, a peer lags; all of it is seen by two
exporters.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from devnet.configuration import configuration
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from understudy.stack import Replicas, Stack, StackSettings, Tools

from .boards import FILES, Asked, queries, read
from .shown import Answer, Dashboard

pytestmark = pytest.mark.stack

NET = DevnetSettings(witnesses=10, standby=1, backbone=8, api_nodes=4, peers=3, prehistory=90)
POLICY = {"arm": True, "preempt_after": "3s"}
APART = ("api4", "backbone8")
"""A node that votes, with a witness' host that gives it a fork of its own."""

PATIENCE = 180.0
LOOK = 0.5
"""Seconds between two questions to Prometheus, which tells nobody by itself what has come in."""

TOLD = (
    'ALERTS{alertname="SigningKeyRotated", alertstate="firing"}',
    'ALERTS{alertname="NodeForked", alertstate="firing"}',
    'understudy_rotations_total{outcome="irreversible"} > 0',
    'understudy_resolutions_total{outcome="converged"} > 0',
    "stage:understudy_stage_duration_seconds:mean7d > 0",
)
"""What has been seen when the night is over."""

IN_THE_END = {
    "Stage, On air now, A": {"init0: beta": 2},  # on the chain
    "Stage, Who is on air, A": {"init0: alpha": 0, "init0: beta": 1, "init0: gamma": 0},
    "Stage, How each host is, A": {"init0: alpha": 0, "init0: beta": 2, "init0: gamma": 2},
    "Stage, Backups ready, A": {"init0": 1},
    "Network, Nodes on the chain, A": {"canonical nodes": 3},
    "Network, How each node stands, A": {"api4": 3, "asia": 8, "eu": 8, "us": 8},  # one is forked
    "Switcher, Rotations left today, A": {"init0": 5},
    "Peers, Peers on the chain, A": {"canonical peers": 3},
    "Peers, Blocks that each peer lacks, A": {"p1": 0, "p2": 0, "p3": 0},
}
"""What a glance at some panels says then, of all those who told it."""


@asynccontextmanager
async def night(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, float]]:
    """Yield a Prometheus that has seen everything fail, and when that began."""
    async with Devnet(NET) as net:
        document = configuration(net)
        document["switcher"] = {"policy": POLICY}
        settings = StackSettings(document, net.active_wif("init0"), replicas=Replicas(exporter=2))
        async with (
            Stack(settings, Tools.find(), folder) as stack,
            httpx.AsyncClient(base_url=stack.prometheus.url, trust_env=False) as client,
            asyncio.timeout(PATIENCE),
        ):
            begin = time.time()
            await _seen(client, "bitshares_producer_signing == 1 and on () peer_chain_valid == 1")
            net.faults.partition([APART])
            await net.nodes["alpha"].kill()
            assert net.peers is not None
            await net.peers.mine_ahead(["p1", "p2"], 2)
            for expression in TOLD:
                await _seen(client, expression)
            yield client, begin


async def _seen(client: httpx.AsyncClient, expression: str) -> None:
    """Wait until an expression has a value."""
    while True:
        answer = await client.get("/api/v1/query", params={"query": expression})
        if answer.json()["data"]["result"]:
            return
        await asyncio.sleep(LOOK)


async def test_every_query_of_every_panel_has_data_and_nothing_is_told_twice(
    tmp_path: Path,
) -> None:
    async with night(tmp_path) as (client, begin):
        wrong: list[str] = []
        shown: dict[str, Answer] = {}
        for path in FILES:
            board = read(path)
            opened = Dashboard(client, begin, time.time())
            offered = await opened.choose_all(board["templating"]["list"])
            wrong += [f"{name}: nothing to choose" for name, of in offered.items() if not of]
            for asked in queries(board):
                answer = await opened.ask(asked)
                wrong += _mistakes(answer)
                shown[asked.where.removeprefix("Understudy / ")] = answer
    assert wrong == [], "\n".join(wrong)
    assert {where: shown[where].newest() for where in IN_THE_END} == IN_THE_END
    assert shown["Stage, annotation Key change"].names() == ["init0: beta is on air."]


def _mistakes(answer: Answer) -> list[str]:
    where = f"{answer.asked.where}: {answer.expr}"
    if answer.error:
        return [f"{where}: {answer.error}"]
    told = []
    if not answer.has_data():
        told.append(f"{where}: no data")
    names = answer.names()
    if len(names) != len(set(names)) and not _is_event(answer.asked):
        told.append(f"{where}: called the same: {sorted(names)}")
    by_program = "{{instance}}" in answer.asked.legend
    if not by_program and any({"instance", "job", "replica"} & set(s) for s, *_ in answer.series):
        told.append(f"{where}: one for each program")
    return told


def _is_event(asked: Asked) -> bool:
    return "annotation" in asked.where
