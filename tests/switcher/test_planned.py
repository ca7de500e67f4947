"""How an order's plan reads, and what is said to be waited for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from switcher.answers import Objection, Preview, ProducerStatus
from switcher.model import Entry, EntryKind
from switcher.planned import told
from understudy.operate.course import waits_for

NOW = 1_795_000_000.0
ROUND = [int(NOW) + 30 + 3 * number for number in range(27)]
PLAN = Preview(
    witness="init0",
    signing_key="BTS…",
    on_air="alpha",
    route=["beta"],
    back=None,
    slots=[int(NOW) + 9, *ROUND],
    round_seconds=81,
    core_symbol="BTS",
    fee=20.5,
    balance=1_234_567.89012,
    updates=1,
    may_sign=True,
    planned=NOW + 10,
    objections=[Objection("not_yet", "in the gap")],
    refusal=None,
)


def text(plan: Preview, *producers: ProducerStatus) -> dict[str, str]:
    return dict(told(plan, NOW, producers))


def test_slots_of_this_round_are_told_apart_from_those_not_drawn_yet() -> None:
    assert text(PLAN)["slots"] == (
        "11:06:49 UTC (in 9 s), any from 11:07:10 UTC on (in 30 s; not drawn yet)"
    )
    assert text(replace(PLAN, slots=ROUND))["slots"].startswith("any from 11:07:10 UTC on (in 30 s")
    assert text(replace(PLAN, slots=[]))["slots"] == "none: init0 is not active"


@pytest.mark.parametrize(
    ("planned", "words"),
    [
        (NOW + 10, "at 11:06:50 UTC (in 10 s); it waits"),
        (NOW, "now: it goes out at once"),
        (None, "none before the next shuffle; it waits"),
    ],
)
def test_gap_is_told_with_its_time(planned: float | None, words: str) -> None:
    assert text(replace(PLAN, planned=planned))["gap"].startswith(words)


def test_money_is_told_to_the_last_digit() -> None:
    assert text(PLAN)["fee"] == "20.5 BTS; the account has 1,234,567.89012 BTS"
    assert text(replace(PLAN, fee=None))["fee"] == "not known at present"


def test_drill_tells_all_of_its_fees_how_long_it_takes_and_whom_it_passes_over() -> None:
    plan = replace(PLAN, route=["beta", "gamma"], back="alpha", updates=3)
    down = ProducerStatus("gamma", "BTSc", False, "down", "does not answer")
    found = text(plan, down, ProducerStatus("alpha", "BTSa", True, "down", "x"))
    assert found["then"] == (
        "beta, back to alpha; gamma is passed over unless it comes back (does not answer)"
    )
    assert found["fee"].startswith(
        "2 updates of 20.5 BTS are 41 BTS (61.5 BTS if gamma comes back); the account has "
    )
    assert found["takes"].startswith("about 4 min to 12 min: ")
    assert "without" not in found


def test_drill_of_a_ring_that_is_well_tells_of_nobody_passed_over() -> None:
    plan = replace(PLAN, route=["beta", "gamma"], back="alpha", updates=3)
    found = text(plan, ProducerStatus("beta", "BTSb", False, "ready", ""))
    assert found["then"] == "beta, gamma, back to alpha"
    assert found["fee"].startswith("3 updates of 20.5 BTS are 61.5 BTS; ")


def test_drill_tells_of_each_host_that_is_passed_over() -> None:
    plan = replace(PLAN, route=["beta", "gamma", "delta"], back="alpha", updates=4)
    down = [ProducerStatus(name, "BTS", False, "down", "") for name in ("beta", "gamma")]
    found = text(plan, *down)
    assert found["then"] == (
        "delta, back to alpha; beta is passed over unless it comes back; "
        "gamma is passed over unless it comes back"
    )
    assert found["fee"].startswith(
        "2 updates of 20.5 BTS are 41 BTS (82 BTS if beta and gamma come back); "
    )


def test_drill_in_which_every_backup_is_down_puts_nobody_on_air() -> None:
    plan = replace(PLAN, back="alpha", updates=2, fee=None)
    found = text(plan, ProducerStatus("beta", "BTSb", False, "down", "does not answer"))
    assert found["then"] == ("nobody; beta is passed over unless it comes back (does not answer)")
    assert found["fee"] == "not known at present"


def test_with_an_objection_nothing_is_called_well() -> None:
    objection = Objection("not_quorate", "2 of 3 nodes are down")
    found = text(replace(PLAN, objections=[objection, *PLAN.objections]))
    assert "all well" not in found["checked"]
    assert found["against"] == "not_quorate: 2 of 3 nodes are down"
    assert "gap" not in found
    assert text(PLAN)["checked"].startswith("all well: ")


def test_key_of_nobody_is_told() -> None:
    assert text(replace(PLAN, on_air=None))["on air"].endswith("the key in force is BTS…")


@pytest.mark.parametrize(
    ("kind", "value", "planned", "words"),
    [
        ("decision", "not_yet", NOW + 4, "the gap between two slots, in 4 s"),
        ("decision", "not_yet", NOW - 4, "the gap between two slots, in 0 s"),
        ("decision", "not_yet", None, "the next shuffle, which may bring a gap"),
        ("decision", "not_quorate", None, "2 of 3 nodes are down"),
        ("step", "sent", None, "a block that holds it"),
        ("step", "in_block", None, "the new host's first block, and for the update to be irrev"),
        ("opened", "manual", None, "the switcher"),
    ],
)
def test_what_is_waited_for_follows_from_the_last_step(
    kind: str, value: str, planned: float | None, words: str
) -> None:
    details = {} if planned is None else {"planned": planned}
    entry = Entry(
        1, NOW, EntryKind(kind), value, "init0", 7, None, "2 of 3 nodes are down", details
    )
    assert waits_for(entry, NOW).startswith(words)
