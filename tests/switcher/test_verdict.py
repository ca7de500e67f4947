"""What the switcher's status is taken for: trouble, something to know of, or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from switcher.answers import (
    AlertPath,
    ChainStatus,
    ClockStatus,
    IncidentStatus,
    NodeStatus,
    ProducerStatus,
    Status,
    WitnessStatus,
)
from switcher.resolving.answers import ChainsStatus, MatterStatus, PeerStatus, ReplicaStatus
from switcher.verdict import concerns_of

NOW = 1_800_000_000.0
STOPPED = "BTS1111111111111111111111111111111114T1Anm"
ALPHA = ProducerStatus("alpha", "BTSa", in_force=True, readiness="ready", detail="")
BETA = ProducerStatus("beta", "BTSb", in_force=False, readiness="ready", detail="")
WITNESS = WitnessStatus(
    witness="init0",
    acting=True,
    actor="one",
    armed=True,
    armed_by="me",
    armed_why="drilled",
    armed_since=NOW - 99,
    signing_key="BTSa",
    on_air="alpha",
    term_since_block=7,
    term_since=int(NOW) - 900,
    missed_blocks=0,
    next_slot=None,
    budget_remaining=6,
    producers=[ALPHA, BETA],
    incidents=[],
    rotation=None,
    drills=[],
    key_trouble="",
)
INCIDENT = IncidentStatus(
    3, "alert", "rotate_signing_key", "init0", "BTSa", "BTSa", NOW, NOW, "disarmed", "Held.", None
)


def node(name: str, **other: object) -> NodeStatus:
    well = NodeStatus(name, True, "canonical", "", 9, False, None, None)
    return replace(well, **other)  # type: ignore[arg-type]


WELL = Status(
    now=NOW,
    alert_path=AlertPath.OK,
    quorum="",
    heartbeat=NOW - 4,
    heartbeat_age=4.0,
    clock=ClockStatus(0.0, corrected=False, detail=""),
    dry_run=False,
    chain=ChainStatus(100, int(NOW) - 2, 90),
    nodes=[node("eu"), node("us"), node("home")],
    witnesses=[WITNESS],
    unknown_witnesses=[],
    chains=ChainsStatus(acting=True, actor="one", replica=None, peers=[], matters=[]),
    journal="1:ab",
)


def told(status: Status) -> list[str]:
    return [f"{'!!' if c.trouble else '!'} {c.what}: {c.text}" for c in concerns_of(status, NOW)]


def of_witness(**other: object) -> list[str]:
    changed = replace(WITNESS, **other)  # type: ignore[arg-type]
    return told(replace(WELL, witnesses=[changed]))


def test_nothing_is_said_where_all_is_well() -> None:
    assert told(WELL) == []


def test_a_host_on_air_that_is_down_is_trouble_and_a_backup_is_something_to_know_of() -> None:
    down: dict[str, Any] = {"readiness": "down", "detail": "Connection refused."}
    assert of_witness(producers=[replace(ALPHA, **down), BETA]) == [
        "!! init0: alpha is down: Connection refused"
    ]
    gamma = replace(BETA, name="gamma")
    assert of_witness(producers=[ALPHA, replace(BETA, **down), gamma]) == [
        "! init0: beta is down: Connection refused"
    ]


def test_what_is_worst_comes_first() -> None:
    assert of_witness(producers=[ALPHA, replace(BETA, readiness="down")], armed=False) == [
        "!! init0: no backup is ready, so that nobody could take over",
        "! init0: is disarmed by me: drilled",
        "! init0: beta is down",
    ]


def test_an_incident_is_told_with_its_decision_in_words() -> None:
    assert of_witness(incidents=[replace(INCIDENT, decision="no_backup_ready")]) == [
        "!! init0: incident 3 is open, no backup ready: Held"
    ]
    assert of_witness(incidents=[replace(INCIDENT, cause="drill", decision=None, sentence="")]) == [
        "! init0: order 3 is open, not decided yet"
    ]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"on_air": None, "signing_key": None}, "!! init0: its key in force is not known yet"),
        (
            {"on_air": None, "signing_key": STOPPED},
            "!! init0: is stopped by its owner with the null key",
        ),
        (
            {"on_air": None, "signing_key": "BTSx"},
            "!! init0: nobody of its ring is on air; the key in force is BTSx",
        ),
        ({"missed_blocks": 2}, "! init0: alpha has missed 2 blocks lately"),
        ({"missed_blocks": 1}, "! init0: alpha has missed 1 block lately"),
        ({"key_trouble": "No key."}, "!! init0: nothing can be signed for it: No key"),
        ({"key_trouble": None}, None),
        ({"acting": False, "actor": None}, "!! init0: no switcher acts for it"),
        ({"acting": False}, None),
        ({"budget_remaining": 0}, "! init0: the day's budget of rotations is spent"),
    ],
)
def test_a_witness_is_told_of(other: dict[str, object], said: str | None) -> None:
    assert of_witness(**other) == ([said] if said else [])


def test_misses_under_a_foreign_key_are_told_as_that_key_s() -> None:
    assert of_witness(on_air=None, signing_key="BTSx", missed_blocks=2) == [
        "!! init0: nobody of its ring is on air; the key in force is BTSx",
        "! init0: the key in force has missed 2 blocks lately",
    ]


def test_misses_under_the_null_key_are_what_it_is_for_and_not_told() -> None:
    assert of_witness(on_air=None, signing_key=STOPPED, missed_blocks=2) == [
        "!! init0: is stopped by its owner with the null key"
    ]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (
            {"alert_path": AlertPath.BROKEN, "heartbeat_age": 61.0},
            "!! alert path: is broken: no heartbeat has come for 61 s",
        ),
        (
            {"alert_path": AlertPath.UNKNOWN},
            "! alert path: is not known yet: no heartbeat has come since the start",
        ),
        ({"chain": ChainStatus(None, None, None)}, "!! chain: is not followed yet"),
        ({"chain": ChainStatus(9, int(NOW) - 31, 8)}, "!! chain: has had no block for 31 s"),
        ({"clock": ClockStatus(5.0, corrected=True, detail="off")}, "! clock: off"),
        ({"clock": ClockStatus(999.0, corrected=False, detail="off")}, "!! clock: off"),
        ({"dry_run": True}, "! switcher: runs dry: it only says what it would do"),
        (
            {"unknown_witnesses": [replace(INCIDENT, witness="init9")]},
            "! alerts: alerts come about init9, which is not configured here",
        ),
        (
            {"nodes": [node("eu", verdict="behind", detail="5 blocks"), node("us"), node("home")]},
            "! node eu: is behind: 5 blocks",
        ),
    ],
)
def test_the_rest_is_told_of(other: dict[str, object], said: str) -> None:
    assert told(replace(WELL, **other)) == [said]  # type: ignore[arg-type]


def test_too_few_nodes_are_trouble() -> None:
    gone = {"up": False, "verdict": "unreachable"}
    assert told(replace(WELL, nodes=[node("eu", **gone), node("us", left_out=True), node("home")]))[
        0
    ] == ("!! nodes: 1 of 3 can be used and 2 must agree, so that nothing is rotated")


def test_peers_and_their_incidents_are_told_of() -> None:
    replica = ReplicaStatus("the disk is full", None, None, "http://127.0.0.1:5000", 100, None)
    behind = PeerStatus("p1", "behind", 5, "ab", None, None, "2 blocks behind")
    matter = MatterStatus(4, "alert", "peer", "p1", NOW, NOW, "too_deep", "It forks.")
    chains = replace(WELL.chains, replica=replica, peers=[behind], matters=[matter])
    assert told(replace(WELL, chains=chains)) == [
        "!! replica: the disk is full",
        "!! peer p1: incident 4 is open, too deep: It forks",
        "! peer p1: is behind: 2 blocks behind",
    ]
