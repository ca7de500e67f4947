"""What an operator sees who hands a witness over, drills it, arms and disarms it.

That neither costs a block, and who signs then, is held in tests/end_to_end on either network.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.understudy.playhouse import (
    DEAD,
    DEAF,
    HANDED_OVER,
    INTERRUPTED,
    PATIENCE,
    SHAKY,
    SOUND,
    Playhouse,
    playhouse,
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playhouse]:
    with playhouse(tmp_path_factory.mktemp("playhouse")) as running:
        yield running


def steps(told: str) -> list[str]:
    """Return the words of the steps that were told."""
    return [line.split()[2] for line in told.splitlines() if line[9:12] == "UTC"]


def ended(house: Playhouse, incident: int) -> str:
    """Wait until an order is over, and return how it ended."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        newest = house.get(f"/api/journal?incident={incident}&limit=1")["entries"][0]
        if newest["kind"] == "ended":
            return str(newest["value"])
        time.sleep(0.2)
    raise AssertionError(house.get(f"/api/journal?incident={incident}"))


def test_who_says_no_has_done_nothing(house: Playhouse) -> None:
    seen = house.on_terminal("rotate", INTERRUPTED, typed="n\n")
    assert seen.status == 1
    assert "Put init1-beta on air for init1? [y/N]: n" in seen.out
    assert seen.out.endswith("understudy: Nothing was done.")
    assert house.witness(INTERRUPTED)["incidents"] == []


def test_who_stops_watching_does_not_stop_the_order(house: Playhouse) -> None:
    seen = house.on_terminal("rotate", INTERRUPTED, typed="y\n", interrupt_at="waits for the")
    assert seen.status == 1, seen.out
    [order] = house.witness(INTERRUPTED)["incidents"]
    assert f"You stopped watching; order {order['id']} goes on." in seen.out
    assert "`understudy disarm init1 --why TEXT` ends it." in seen.out

    assert ended(house, order["id"]) == "on_air"
    assert house.witness(INTERRUPTED)["on_air"] == "init1-beta"


def test_a_handover_tells_its_fee_why_and_every_step(house: Playhouse) -> None:
    status, out = house.orders[HANDED_OVER].result.status, house.orders[HANDED_OVER].result.out
    assert status == 0, out
    assert "fee      20 BTS; the account has 10,000 BTS" in out
    assert "the-operate wants gamma on air for init0 (manual): new disk" in out
    assert {"ordered", "sent", "in_block", "irreversible", "on_air"} <= set(steps(out))
    assert out.splitlines()[-1].endswith("gamma is on air")


def test_a_drill_without_fault_tells_of_every_host_that_signed(house: Playhouse) -> None:
    result = house.orders[SOUND].result
    answer = json.loads(result.out)
    assert result.status == 0, result.err
    assert (answer["drilled"], answer["ending"], answer["on_air"]) == (
        True,
        "drilled",
        "init3-alpha",
    )
    proven = {each["name"]: each["result"] for each in answer["producers"]}
    assert proven == dict.fromkeys(("init3-beta", "init3-gamma", "init3-alpha"), "signed")
    assert "in_block" in steps(result.err)


def test_a_drill_tells_which_host_never_signs_and_which_is_down(house: Playhouse) -> None:
    result = house.orders[SHAKY].result
    assert result.status == 1
    assert f"{DEAD} is passed over unless it comes back (can't connect" in result.out
    assert f"then     {DEAF}, back to init2-alpha; {DEAD} is passed over" in result.out
    assert f"2 updates of 20 BTS are 40 BTS (60 BTS if {DEAD} comes back); the " in result.out
    proven = dict(line.split(maxsplit=1) for line in result.out.splitlines()[-3:])
    assert proven[DEAD].startswith("not ready: can't connect")
    assert proven[DEAF].startswith("never signed: missed its first slot")
    assert proven["init2-alpha"] == "signed"
    assert result.err == (
        "understudy: Not every host has shown that it signs; init2-alpha is on air.\n"
    )
    # One block, or a second one where the slot after the missed one comes at once.
    assert house.missed(SHAKY) in (1, 2)


def test_orders_spend_nothing_of_the_automatic_budget(house: Playhouse) -> None:
    for order in house.orders.values():
        assert order.result.status in (0, 1)
    for account in (HANDED_OVER, SHAKY, SOUND):
        assert house.witness(account)["budget_remaining"] == 6


def test_a_host_that_is_down_is_not_put_on_air(house: Playhouse) -> None:
    assert house.orders[SHAKY].result.status == 1
    result = house.command("rotate", SHAKY, "--to", DEAD, "--yes").result
    assert result.status == 1
    assert f"against  no_backup_ready: {DEAD}: can't connect" in result.out
    assert result.err.startswith("understudy: Refused (no_backup_ready)")


def test_a_program_gets_the_plan_and_nothing_is_done(house: Playhouse) -> None:
    assert house.orders[HANDED_OVER].result.status == 0
    result = house.command("rotate", HANDED_OVER, "--json").result
    plan = json.loads(result.out)
    assert result.status == 0
    assert (plan["on_air"], plan["route"], plan["fee"]) == ("gamma", ["alpha"], 20)
    assert plan["refusal"] is None
    assert house.witness(HANDED_OVER)["incidents"] == []


def test_arming_shows_what_it_allows_and_disarming_does_not_ask(house: Playhouse) -> None:
    assert house.orders[HANDED_OVER].result.status == 0
    disarmed = house.command("disarm", HANDED_OVER, "--why", "moving house").result
    assert disarmed.status == 0
    assert disarmed.out.startswith("init0 is disarmed by the-operate since ")
    assert disarmed.out.endswith(" UTC: moving house\n")
    assert house.witness(HANDED_OVER)["armed"] is False

    seen = house.on_terminal("arm", HANDED_OVER, "--why", "moved", typed="y\n")
    assert seen.status == 0
    assert "init0: gamma is on air" in seen.out
    assert "backups: alpha ready, beta ready" in seen.out
    assert "rotations left of the last 24 hours' budget, each for a fee: 6" in seen.out
    assert house.witness(HANDED_OVER)["armed"] is True

    everyone = house.command("arm", "--why", "sure", "--yes", "--json").result
    states = json.loads(everyone.out)["witnesses"]
    assert [state["witness"] for state in states] == ["init0", "init1", "init2", "init3"]
    assert {state["why"] for state in states} == {"sure"}
