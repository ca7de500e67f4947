"""`understudy resolve`: what it shows, asks, follows and prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.understudy.canned import HANG_UP, Canned
from tests.understudy.commands import CommandLine
from tests.understudy.orders.answers import JOURNAL_AT, STATUS, entry, page

REPLICA = {
    "trouble": "",
    "length": 1_200,
    "tip": "ab" * 32,
    "advertise": "http://127.0.0.1:5000",
    "max_depth": 100,
    "syncing": {"verified": 700, "total": 1_400, "peer": "p2"},
}
PEER = {
    "name": "p1",
    "verdict": "behind",
    "length": 1_100,
    "tip": "cd" * 32,
    "divergence_height": None,
    "divergence_depth": None,
    "detail": "100 blocks behind block 1,200",
}
PLAN: dict[str, Any] = {
    "kind": "peer",
    "name": "p1",
    "decision": "resolve",
    "sentence": "p1 has 1,100 blocks, the longest valid chain has 1,200 blocks",
    "replica": REPLICA,
    "peer": PEER,
    "depth": None,
    "allow_depth": None,
    "refusal": None,
}
COURSE = (
    entry(1, "opened", "manual", "you wants peer p1 resolved"),
    entry(2, "step", "asked", "p1 is asked to resolve"),
    entry(3, "step", "converged", "p1 has 1,200 blocks"),
    entry(4, "ended", "resolved", "p1 has 1,200 blocks"),
)
PLAN_AT, ORDER_AT = "/api/resolve/plan", "/api/resolve"


@pytest.fixture
def config(config: Path, switcher: Canned, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a configuration with a peer, whose switcher has a plan for it."""
    monkeypatch.setattr("understudy.operate.follow._LOOK_EVERY", 0.01)
    told = 'peers: {nodes: [{name: p1, url: "http://10.0.0.5:5000"}]}\n'
    config.write_text(config.read_text() + told)
    status = {**STATUS, "chains": {**STATUS["chains"], "replica": REPLICA}}
    switcher.answers = {
        PLAN_AT: [(200, PLAN)],
        ORDER_AT: [(202, {"incident": 7, "kind": "peer", "name": "p1"})],
        JOURNAL_AT: [page(*COURSE[:1]), page(*COURSE[:1]), HANG_UP, page(*COURSE)],
        "/api/status": [(200, status)],
    }
    return config


def test_peer_is_resolved_and_followed_to_the_end(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    words = ("resolve", "p1", "--allow-depth", "5", "--why", "ours", "--yes")
    result = run(*words, "--config", str(config))
    assert result.status == 0, result.err
    assert (ORDER_AT, {"peer": "p1", "allow_depth": 5, "why": "ours"}) in switcher.asked
    assert "1,100 blocks: 100 blocks behind" in result.out
    assert [line.split()[2] for line in result.out.splitlines() if " UTC " in line] == [
        "ordered",
        "asked",
        "converged",
        "ended:",
    ]


def test_programs_get_the_plan_and_nothing_is_done(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    result = run("resolve", "p1", "--json", "--config", str(config))
    assert result.status == 0
    assert json.loads(result.out) == PLAN
    assert [path for path, _ in switcher.asked] == [PLAN_AT]


def test_programs_get_what_came_of_it(run: CommandLine, config: Path, switcher: Canned) -> None:
    switcher.answers[JOURNAL_AT] = [page(*COURSE[:2], entry(3, "ended", "given_up", "p1 is deaf"))]
    result = run("resolve", "p1", "--json", "--yes", "--config", str(config))
    assert result.status == 1
    assert json.loads(result.out) == {
        "resolved": False,
        "kind": "peer",
        "name": "p1",
        "incident": 7,
        "ending": "given_up",
        "sentence": "p1 is deaf",
    }


def test_what_the_switcher_refuses_is_told_and_not_ordered(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    switcher.answers[PLAN_AT] = [(200, {**PLAN, "refusal": "Refused (too_deep): 120 would go"})]
    result = run("resolve", "p1", "--yes", "--config", str(config))
    assert result.status == 1
    assert "Refused (too_deep): 120 would go" in result.err
    assert ORDER_AT not in [path for path, _ in switcher.asked]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("moon", "--yes"), "no node or peer 'moon'"),
        (("p1",), "no terminal"),
        (("eu", "--allow-depth", "3", "--yes"), "goes with a peer"),
        (("p1", "--allow-depth", "-1", "--yes"), "--allow-depth"),
    ],
)
def test_wrong_use_is_told_before_anything_is_asked(
    run: CommandLine, config: Path, switcher: Canned, words: tuple[str, ...], told: str
) -> None:
    result = run("resolve", *words, "--config", str(config))
    assert result.status == 2
    assert told in " ".join(result.err.split())
    assert switcher.asked == []


def test_node_is_examined(run: CommandLine, config: Path, switcher: Canned) -> None:
    assert run("resolve", "eu", "--json", "--config", str(config)).status == 0
    assert switcher.asked == [(PLAN_AT, {"node": "eu"})]
