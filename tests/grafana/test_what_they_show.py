"""What single panels show of what was told, by the real promtool: mostly where little was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.alertmanager.tools import run

from .boards import FILES, queries, read

STEP = 15
EXPRESSIONS = {
    query.where.removeprefix("Understudy / "): query.expr
    for path in FILES
    for query in queries(read(path))
}
FILLED = {
    "$witness": ".*",
    "$node": ".*",
    "$peer": ".*",
    "$__interval": f"{STEP}s",
    "$__rate_interval": f"{2 * STEP}s",
}

KEY_A = 'bitshares_witness_info{witness="init0",signing_key="A",producer="alpha"'
KEY_B = 'bitshares_witness_info{witness="init0",signing_key="B",producer="beta"'
FOREIGN = 'bitshares_witness_info{witness="init0",signing_key="X",producer=""'
ALPHA = '{witness="init0",producer="alpha",signing_key="A"'
BETA = '{witness="init0",producer="beta",signing_key="B"'


def seen(told: Mapping[str, str], panel: str, at: int, *expected: tuple[str, float]) -> Any:
    """Return a test for promtool: series as told every 15 s, and what a panel shows `at` seconds.

    The labels of what is expected are written as in a query, the name left out.
    """
    expr = EXPRESSIONS[panel]
    for name, value in sorted(FILLED.items(), key=lambda pair: -len(pair[0])):
        expr = expr.replace(name, value)
    return {
        "interval": f"{STEP}s",
        "input_series": [{"series": name, "values": values} for name, values in told.items()],
        "promql_expr_test": [
            {
                "expr": expr,
                "eval_time": f"{at}s",
                "exp_samples": [{"labels": labels, "value": value} for labels, value in expected],
            }
        ],
    }


CHANGE = "Stage, annotation Key change"
CHANGED = {
    f'{KEY_A},instance="e1"}}': "1x9 _x20",
    f'{KEY_B},instance="e1"}}': "_x9 1x20",
    f'{KEY_A},instance="e2"}}': "1x10 _x20",
    f'{KEY_B},instance="e2"}}': "_x10 1x20",
}
ON_AIR = "Stage, On air now, A"
MISSED = "Stage, Misses per round, A"
LEFT = "Stage, Time left for price feeds, A"
FIRING = "Stage, Alerts, A"
DECIDED = "Switcher, Decisions by reason, A"
COUNT = "bitshares_witness_missed_blocks_total"
HEARTBEAT = 'ALERTS{alertname="AlertPathHeartbeat",alertstate="firing"}'
DOWN = 'ALERTS{alertname="ProducerDown",alertstate="firing",severity="critical",witness="init0"}'
THEIRS = 'ALERTS{alertname="NodeFilesystemAlmostOutOfSpace",alertstate="firing",severity="warning"}'
ROTATE = '{action="rotate_signing_key",decision="rotate"'

CASES = {
    "a key that comes into force is marked once, whoever tells it first": [
        seen(CHANGED, CHANGE, 120),
        seen(CHANGED, CHANGE, 150, ('{witness="init0",signing_key="B",producer="beta"}', 1)),
        seen(CHANGED, CHANGE, 240),
    ],
    "a key that none of the hosts holds is marked by that": [
        seen(
            {f"{KEY_A}}}": "1x9 _x9", f"{FOREIGN}}}": "_x9 1x9"},
            CHANGE,
            150,
            ('{witness="init0",signing_key="X",producer="a key outside the ring"}', 1),
        )
    ],
    "neither a start nor a gap looks like a change of key": [
        seen({f"{KEY_A}}}": "1x9 _x9 1x9"}, CHANGE, at) for at in (0, 15, 285, 300)
    ],
    "a host on air that is down says so": [
        seen(
            {
                f"bitshares_producer_signing{ALPHA}}}": "1 1",
                f"bitshares_producer_up{ALPHA}}}": "0 0",
                f"bitshares_producer_signing{BETA}}}": "0 0",
                f"bitshares_producer_up{BETA}}}": "1 1",
                f"bitshares_producer_canonical{BETA}}}": "1 1",
            },
            ON_AIR,
            15,
            ('{witness="init0",producer="alpha"}', 0),
        )
    ],
    "a key outside the ring is not taken for a host that is well": [
        seen(
            {
                f"bitshares_producer_signing{ALPHA}}}": "0 0",
                f"bitshares_producer_up{ALPHA}}}": "1 1",
                f"bitshares_producer_canonical{ALPHA}}}": "1 1",
                f"{FOREIGN}}}": "1 1",
            },
            ON_AIR,
            15,
            ('{witness="init0",producer="a key outside the ring"}', 5),
        )
    ],
    "while nobody sees the chain nobody is said to be on air": [
        seen({f"bitshares_producer_up{ALPHA}}}": "1 1"}, ON_AIR, 15)
    ],
    "misses are those of the host that holds the key, and none of an exporter that began again": [
        seen(
            {
                f'{COUNT}{{witness="init0",signing_key="A",instance="e1"}}': "5 7 7",
                f'{COUNT}{{witness="init0",signing_key="A",instance="e2"}}': "9 0 1",
                f'{COUNT}{{witness="init0",signing_key="X"}}': "0 1 1",
                f"bitshares_producer_signing{ALPHA}}}": "1 1 1",
            },
            MISSED,
            15,
            ('{witness="init0",signing_key="A",producer="alpha"}', 2),
            ('{witness="init0",producer="a key outside the ring"}', 1),
        )
    ],
    "a price that was never published has no time left": [
        seen(
            {
                'bitshares_price_feed_max_age_seconds{witness="init0",asset="USD"}': "100 100",
                'bitshares_price_feed_max_age_seconds{witness="init0",asset="CNY"}': "100 100",
                'bitshares_price_feed_timestamp_seconds{witness="init0",asset="USD"}': "10 10",
                'bitshares_price_feed_newest_timestamp_seconds{asset="USD"}': "40 40",
                'bitshares_price_feed_newest_timestamp_seconds{asset="CNY"}': "40 40",
            },
            LEFT,
            15,
            ('{witness="init0",asset="USD"}', 70),
            ('{witness="init0",asset="CNY"}', 0),
        )
    ],
    "that no alert fires is said only while rules are evaluated": [
        seen({HEARTBEAT: "1 1"}, FIRING, 15, ('{alertname="no alert fires"}', 0)),
        seen({HEARTBEAT: "1 1", THEIRS: "1 1"}, FIRING, 15, ('{alertname="no alert fires"}', 0)),
        seen(
            {HEARTBEAT: "1 1", DOWN: "1 1"},
            FIRING,
            15,
            ('{alertname="ProducerDown",witness="init0"}', 3),
        ),
        seen({"up": "1 1"}, FIRING, 15),
    ],
    "that nothing was decided is said only while a switcher is there": [
        seen(
            {
                f'understudy_decisions_total{ROTATE},instance="s1"}}': "3 4 4",
                f'understudy_decisions_total{ROTATE},instance="s2"}}': "7 8 8",
            },
            DECIDED,
            at,
            expected,
        )
        for at, expected in (
            (15, ('{action="rotate_signing_key",decision="rotate"}', 1.0)),
            (30, ('{decision="nothing"}', 0.0)),
        )
    ]
    + [seen({"up": "1 1"}, DECIDED, 15)],
}


@pytest.mark.parametrize("name", CASES)
def test_on_the_dashboards(name: str, tmp_path: Path) -> None:
    path = tmp_path / "test.yml"
    given = {"evaluation_interval": f"{STEP}s", "rule_files": [], "tests": CASES[name]}
    path.write_text(json.dumps(given))
    assert "SUCCESS" in run("promtool", "test", "rules", path)
