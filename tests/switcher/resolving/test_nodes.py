"""What is done about a node that is said to have left the chain: looked at, reported, left out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from chains.bitshares.watch import Watch
from chains.standing import Verdict
from switcher.journal.docket import Docket
from switcher.journal.journal import Journal
from switcher.metrics import Metrics
from switcher.resolving.desk import ChainDesk
from switcher.resolving.metrics import ResolveMetrics
from switcher.resolving.model import Kind, ResolveDecision, ResolveOutcome, Subject, Wish
from switcher.resolving.nodes import NodeWorker
from switcher.resolving.staff import ChainStaff
from switcher.settings import KeyFileSigner, SwitcherSettings
from switcher.webhook import parse_notification
from tests.switcher.resolving.voters import AWAY, FORKED, NAMES, Voters
from tests.switcher.stage import doubt, webhook_bytes
from tests.switcher.written import checked

EU = Subject(Kind.NODE, "eu")


@dataclass
class Scene:
    voters: Voters
    journal: Journal
    staff: ChainStaff
    metrics: Metrics
    worker: NodeWorker
    now: float = 1_000.0

    async def post(self, status: str = "firing", **labels: str) -> list[str]:
        alerts = [doubt(name="NodeForked", status=status, **(labels or {"node": "eu"}))]
        judged = parse_notification(webhook_bytes(*alerts)).alerts
        taken = await self.journal.take(judged, {}, self.now, self.staff.standing())
        return [receipt.result for receipt in taken]

    async def step(self, seconds: float = 3.0) -> None:
        self.now += seconds
        await self.worker.step()

    async def told(self) -> list[tuple[str, str]]:
        return [(e.kind, e.value) for e in reversed(await self.journal.entries())]

    async def newest(self, value: str) -> Any:
        return next(entry for entry in await self.journal.entries() if entry.value == value)

    def metric(self, line: str) -> float:
        text = self.metrics.expose().decode()
        return float(next(t for t in text.splitlines() if t.startswith(line)).rpartition(" ")[2])


@asynccontextmanager
async def scene(url: str, voters: Voters) -> AsyncIterator[Scene]:
    settings = SwitcherSettings(Path("unused"), url, KeyFileSigner(Path("unused")))
    async with Journal(url) as journal:
        metrics = Metrics({})
        shown = ResolveMetrics(
            metrics.registry, metrics.count_decision, [Subject(Kind.NODE, n) for n in NAMES]
        )
        desk = ChainDesk(
            settings,
            cast("Watch", voters),
            Docket(journal),
            shown,
            lambda: played.now,
            lambda: 0.0,
        )
        played = Scene(voters, journal, ChainStaff(desk, None), metrics, NodeWorker(desk, ["p1"]))
        yield played
    assert checked(url).flaws == []


@pytest.fixture
def voters() -> Voters:
    return Voters()


@pytest.fixture
async def s(sqlite_url: str, voters: Voters) -> AsyncIterator[Scene]:
    async with scene(sqlite_url, voters) as played:
        yield played


REPORTED = [("opened", "resolve_chain"), ("decision", "report"), ("step", "pinned")]


async def test_forked_node_is_reported_once_and_left_out_until_it_is_back(s: Scene) -> None:
    s.voters.put("eu", **FORKED)
    await s.post()
    for _ in range(3):
        await s.step()
    assert s.voters.examined == 3
    assert await s.told() == REPORTED
    assert s.voters.pins == [{"us", "asia"}]
    entry = await s.newest("report")
    assert "5 blocks of its own since block 100" in entry.sentence
    assert [(n["name"], n["verdict"], n["height"]) for n in entry.details["nodes"]] == [
        ("eu", "forked", 205),
        ("us", "canonical", 205),
        ("asia", "canonical", 205),
    ]
    assert entry.details["nodes"][0]["divergence"] == {"height": 100, "depth": 5, "exact": True}
    assert s.metric('understudy_resolutions_total{outcome="pinned"}') == 1
    assert s.metric('understudy_open_resolutions{decision="report",node="eu",peer=""}') == 1
    s.voters.put("eu", **{"verdict": "canonical", "divergence": None, "detail": ""})
    await s.step()
    assert await s.told() == REPORTED
    s.voters.heal("eu")
    await s.step()
    assert await s.told() == [*REPORTED, ("ended", "resolved")]
    assert s.metric('understudy_open_resolutions{decision="report",node="eu",peer=""}') == 0
    assert await s.post() == ["repeated"]


async def test_alert_about_a_node_that_is_well_does_nothing(s: Scene) -> None:
    await s.post()
    await s.step()
    await s.step()
    assert await s.told() == [("opened", "resolve_chain"), ("decision", "not_corroborated")]
    told = (await s.newest("not_corroborated")).sentence
    assert all(f"{name} is canonical" in told for name in NAMES)
    assert s.voters.pins == []
    await s.post("resolved")
    await s.step()
    assert (await s.told())[-1] == ("ended", "resolved")


async def test_node_that_is_only_behind_is_reported_and_not_left_out(s: Scene) -> None:
    s.voters.put("eu", verdict=Verdict.BEHIND, detail="3 blocks behind block 205")
    await s.post()
    await s.step()
    assert await s.told() == REPORTED[:2]
    assert "3 blocks behind" in (await s.newest("report")).sentence
    assert s.voters.pins == []


async def test_without_a_majority_nobody_is_pinned(s: Scene) -> None:
    s.voters.put("eu", **FORKED)
    s.voters.put("us", **AWAY)
    await s.post()
    await s.step()
    assert (await s.told())[-1] == ("decision", "not_quorate")
    assert "1 of 3 nodes" in (await s.newest("not_quorate")).sentence
    assert s.voters.pins == []
    s.voters.heal("us")
    await s.step()
    assert s.voters.pins == [{"us", "asia"}]


async def test_node_that_nobody_configured_is_said_to_be_unknown(s: Scene) -> None:
    await s.post(node="moon")
    await s.post(peer="moon")
    await s.step()
    words = [value for kind, value in await s.told() if kind == "decision"]
    assert words == ["unknown_node", "unknown_peer"]
    for kind in ("node", "peer"):
        line = f'understudy_open_resolutions{{decision="unknown_{kind}"'
        assert s.metric(f'{line},node="{"unknown" if kind == "node" else ""}"') == 1
    await s.post("resolved", node="moon")
    await s.post("resolved", peer="moon")
    await s.step()
    assert [value for kind, value in await s.told() if kind == "ended"] == ["resolved"] * 2


async def test_matter_of_a_peer_is_left_to_the_peer_s_own_worker(s: Scene) -> None:
    await s.post(peer="p1")
    await s.step()
    assert await s.told() == [("opened", "resolve_chain")]


async def test_forged_end_of_an_alert_does_not_hide_a_fork(s: Scene) -> None:
    s.voters.put("eu", **FORKED)
    await s.post()
    await s.post("resolved")
    await s.step()
    assert await s.told() == REPORTED
    await s.step(400)
    assert (await s.told())[-1] == ("ended", "not_renewed")


async def test_restart_pins_again_and_writes_nothing_twice(sqlite_url: str, voters: Voters) -> None:
    voters.put("eu", **FORKED)
    async with scene(sqlite_url, voters) as first:
        await first.post()
        await first.step()
    voters.put("eu", left_out=False)
    async with scene(sqlite_url, voters) as second:
        await second.step()
        assert await second.told() == REPORTED
    assert voters.pins == [{"us", "asia"}] * 2


async def test_whoever_asks_about_a_node_gets_one_report(s: Scene) -> None:
    s.voters.put("eu", **FORKED)
    await s.staff.desk.docket.ask(EU, Wish("maria", "it looks odd"), s.now)
    await s.step()
    await s.step()
    assert [value for _, value in await s.told()] == ["manual", "report", "pinned", "reported"]


async def test_every_word_is_counted_from_the_start_at_0(s: Scene) -> None:
    for outcome in ResolveOutcome:
        assert s.metric(f'understudy_resolutions_total{{outcome="{outcome}"}}') == 0
    for decision in ResolveDecision:
        which = f'action="resolve_chain",decision="{decision}"'
        assert s.metric(f"understudy_decisions_total{{{which}}}") == 0
        line = f'understudy_open_resolutions{{decision="{decision}",node="eu",peer=""}}'
        assert s.metric(line) == 0


async def test_nodes_are_left_alone_while_nothing_is_open(s: Scene) -> None:
    await s.step()
    assert s.voters.examined == 0
