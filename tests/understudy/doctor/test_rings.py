"""What `understudy check` tells of rings that don't do what they look like."""

from __future__ import annotations

from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from tests.understudy.doctor.made import warnings
from understudy.doctor.rings import judge_rings

WATCHED = ProducerSettings("alpha", "BTSa", "ws://10.0.0.1:8090", "lagging")
UNWATCHED = ProducerSettings("beta", "BTSb")


def told(*ring: ProducerSettings) -> list[str]:
    nodes = (NodeSettings("eu", "ws://eu.example.org"),)
    return warnings(judge_rings(ChainSettings(nodes, (WitnessSettings("init0", ring),))))


def test_ring_of_two_is_fine() -> None:
    assert told(WATCHED, UNWATCHED) == []


def test_witness_whom_nobody_can_replace_is_told() -> None:
    (text,) = told(WATCHED)
    assert text.startswith("witness init0: has one producer, so nobody can take over")


def test_host_that_can_not_be_seen_to_lag_is_told() -> None:
    (text,) = told(WATCHED, ProducerSettings("beta", "BTSb", preempt="lagging"))
    assert "beta has preempt: lagging and no node" in text
