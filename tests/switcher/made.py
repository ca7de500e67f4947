"""Evidence made to order, for tests of what is decided upon it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from switcher.evidence import Evidence, NodeWord
from switcher.hosts import Backup, Condition, Host
from switcher.model import Readiness
from switcher.moment import Slots
from switcher.settings import Policy

NOW = 1_002.0
ALPHA, BETA, GAMMA, OTHER, NULL = "BTSalpha", "BTSbeta", "BTSgamma", "BTSother", "BTSnull"
POLICY = Policy()


def own(*times: int) -> Slots:
    return Slots(times, shuffle=2_000, interval=3)


def unsure(*times: int) -> Slots:
    return Slots(times, shuffle=1_000, interval=3)


def node(name: str = "eu", **changes: Any) -> NodeWord:
    good = NodeWord(
        name,
        up=True,
        canonical=True,
        head_time=1_000,
        shown_key=ALPHA,
        detail="",
        stale_after=9.0,
    )
    return replace(good, **changes)


def backup(name: str, readiness: Readiness = Readiness.READY) -> Backup:
    return Backup(name, f"BTS{name}", readiness, "" if readiness is Readiness.READY else "is so")


RING = (backup("alpha", Readiness.DOWN), backup("beta"), backup("gamma"))
GUILTY = Evidence(
    witness="init0",
    accused=ALPHA,
    in_force=ALPHA,
    null_key=NULL,
    misses=3,
    head_time=1_000,
    stale_after=9.0,
    lifetime=200,
    participation=0.9,
    nodes=(node("eu"), node("us"), node("asia")),
    ring=RING,
    permitted=True,
)
AWAY = Host("alpha", "all", Condition.UNREACHABLE, "refuses", lacks_since=NOW - 20)
SICK = replace(GUILTY, misses=0, host=AWAY, slots=own(1_006, 1_080))
SILENT_BETA = replace(
    GUILTY,
    accused=BETA,
    in_force=BETA,
    by_ourselves=True,
    misses=1,
    has_signed=False,
    nodes=tuple(replace(n, shown_key=BETA) for n in GUILTY.nodes),
    last_rotation=NOW - 5,
)


def pending(*keys: str) -> tuple[NodeWord, ...]:
    return tuple(node(f"n{i}", shown_key=key) for i, key in enumerate(keys))
