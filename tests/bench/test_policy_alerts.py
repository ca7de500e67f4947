"""The alerts of the simulation fire when the shipped rules do, as the real promtool tells."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bench.policy import alerts
from bench.policy.agenda import Agenda
from bench.policy.alerts import AlertPath, Sample
from bench.policy.trouble import Kind, Trouble
from tests.alertmanager.tools import FOLDER, run

EVALUATION = 2
"""Seconds; every scrape is halfway between two evaluations."""

WITNESS = 'witness="init0",signing_key="BTSa"'
PRODUCER = f'{WITNESS},producer="alpha"'
HEAD = 1000
STATES = {
    "well": Sample(0, HEAD, up=True, head=HEAD, canonical=True),
    "lost": Sample(0, HEAD, up=False),
    "behind": Sample(1, HEAD, up=True, head=HEAD - 2, canonical=False),
    "forked": Sample(2, HEAD, up=True, head=HEAD - 1, canonical=False),
    "ahead": Sample(3, HEAD, up=True, head=HEAD + 2, canonical=False),
}


def story(seed: int) -> list[Sample]:
    """Return scrapes of a host that goes from state to state, each for some seconds."""
    draw, samples = random.Random(seed), [STATES["well"]] * 2
    while len(samples) < 150:
        samples += [draw.choice(list(STATES.values()))] * draw.randint(1, 9)
    return samples


def simulated(samples: Sequence[Sample]) -> list[list[str]]:
    """Return the alerts that fire after each evaluation."""
    agenda, left = Agenda(0.0), list(samples)
    phases = Trouble(Kind.CRASH, 0, math.inf, 0, scrape=0.5, evaluation=0.0, poll=0, seed=0)
    path = AlertPath(
        alerts.Path(),
        phases,
        agenda,
        look=lambda: left.pop(0),
        fired=lambda _: None,
        resolved=lambda _: None,
    )
    path.begin()
    firing = []
    for number in range(len(samples)):
        agenda.run(number * EVALUATION + 0.5, lambda: False)
        firing.append([str(alert) for alert in sorted(path.firing)])
    return firing


def series(
    name: str, samples: Sequence[Sample], value: Callable[[Sample], int | None]
) -> dict[str, str]:
    """Return one series in promtool's notation: a value or nothing each second."""
    seconds, before = [], None
    for sample in samples:
        now = value(sample)
        gone = "stale" if before is not None else "_"
        seconds += ["_", gone if now is None else str(int(now))]
        before = now
    return {"series": name, "values": " ".join(seconds)}


def promtool_test(samples: Sequence[Sample], firing: Sequence[Sequence[str]]) -> str:
    """Return a test of the shipped rules that expects certain alerts after each evaluation."""
    test = {
        "interval": "1s",
        "input_series": [
            series('bitshares_node_head_block{node="eu"}', samples, lambda s: s.nodes_head),
            series('bitshares_node_canonical{node="eu"}', samples, lambda _: 1),
            series(f"bitshares_producer_signing{{{PRODUCER}}}", samples, lambda _: 1),
            series(f"bitshares_producer_up{{{PRODUCER}}}", samples, lambda s: s.up),
            series(f"bitshares_producer_head_block{{{PRODUCER}}}", samples, lambda s: s.head),
            series(f"bitshares_producer_canonical{{{PRODUCER}}}", samples, lambda s: s.canonical),
            series(
                f"bitshares_witness_recent_missed_blocks{{{WITNESS}}}",
                samples,
                lambda s: s.misses,
            ),
        ],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": f"{number * EVALUATION}s",
                "exp_samples": [
                    {"labels": f'{{alertname="{name}"}}', "value": 1} for name in names
                ],
            }
            for number, names in enumerate(firing)
        ],
    }
    return json.dumps(
        {
            "rule_files": [str(FOLDER / "rules" / "actions.yml")],
            "evaluation_interval": f"{EVALUATION}s",
            "tests": [test],
        }
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_alerts_of_the_simulation_are_those_of_the_shipped_rules(seed: int, tmp_path: Path) -> None:
    samples = story(seed)
    firing = simulated(samples)
    assert {name for names in firing for name in names} == set(alerts.Alert)
    file = tmp_path / "test.yml"
    file.write_text(promtool_test(samples, firing))
    assert "SUCCESS" in run("promtool", "test", "rules", file)
