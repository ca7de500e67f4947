"""Voting nodes that lie, fall silent or keep transactions to themselves, one of them or most."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.checks import updates
from tests.faults.rule import alert
from tests.faults.spoiling import BAD, UNHEARD, never_two_at_once, spoil, spoil_all
from tests.faults.stage import NET, Stage, on_stage
from tests.faults.timings import timings

NODES = ("eu", "us", "asia")
LONG_ENOUGH = 6
"""Blocks in which a rotation would have been decided and sent, with one miss and a slot in five."""

UNTIL_DEAD = 420.0
"""Seconds: a transaction lives for 300, and then its end has to become irreversible."""


async def accuse_alpha(stage: Stage) -> datetime:
    """Have the switcher take an alert; return since when that fires."""
    since = datetime.now(UTC)
    await stage.post(alert(stage.key("alpha"), since=since))
    await stage.ledger.first(lambda posting: posting.status == 202)
    return since


@timings("how", *BAD, always=3)
async def test_one_bad_node_of_three_keeps_nothing_from_being_done(
    tmp_path: Path, how: str
) -> None:
    async with on_stage(tmp_path, dead=["alpha"], by_rule=False) as stage:
        await spoil(stage.net.nodes["eu"], how)
        await stage.net.wait_for(lambda state: state.witnesses["1.6.1"].total_missed > 0)
        await stage.post(alert(stage.key("alpha")))
        pages = await stage.settled(rotated_to=["beta"])
        assert [r.draft.producer for r in pages.rotations] == ["beta"]
        assert stage.ledger.acknowledged


@timings("how", *BAD)
async def test_one_bad_node_of_three_condemns_no_healthy_host(tmp_path: Path, how: str) -> None:
    async with on_stage(tmp_path, by_rule=False) as stage:
        await spoil(stage.net.nodes["eu"], how)
        since = await accuse_alpha(stage)
        await stage.net.wait_blocks(LONG_ENOUGH)
        await stage.post(alert(stage.key("alpha"), since=since, ended=datetime.now(UTC)))
        pages = await stage.settled(rotated_to=[])
        assert "not_corroborated" in pages.words


@timings("how", "slow", *(how for how in reversed(UNHEARD) if how != "slow"))
async def test_while_most_nodes_are_bad_nothing_is_done_and_then_it_is(
    tmp_path: Path, how: str
) -> None:
    async with on_stage(tmp_path) as stage:
        await spoil_all(stage.net, NODES[:2], how)
        await stage.net.nodes["alpha"].kill()
        await stage.books.until_word("not_quorate")
        await stage.net.wait_blocks(LONG_ENOUGH)
        assert updates(stage.net) == []
        for name in NODES[:2]:
            await stage.net.nodes[name].heal()
        pages = await stage.settled(rotated_to=["beta"])
        assert [r.draft.producer for r in pages.rotations] == ["beta"]


@timings("how", *(how for how in UNHEARD if how != "frozen"))  # frozen, it would not sign either
async def test_a_healthy_host_whose_own_endpoint_is_bad_stays_on_air(
    tmp_path: Path, how: str
) -> None:
    # Of five witnesses each has a slot within ten seconds: signing is what speaks for it.
    async with on_stage(tmp_path, policy={"preempt_after": "10s"}, by_rule=False) as stage:
        await spoil(stage.net.nodes["alpha"], how)
        since = await accuse_alpha(stage)
        await stage.net.wait_blocks(10 + LONG_ENOUGH)
        await stage.post(alert(stage.key("alpha"), since=since, ended=datetime.now(UTC)))
        await stage.settled(rotated_to=[])


async def test_all_nodes_gone_and_back_end_in_one_rotation(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        for name in (*NODES, "alpha"):
            await stage.net.nodes[name].kill()
        await stage.books.until_word("not_quorate")
        await stage.net.wait_blocks(LONG_ENOUGH)
        for name in NODES:
            await stage.net.nodes[name].heal()
        pages = await stage.settled(rotated_to=["beta"])
        assert [r.draft.producer for r in pages.rotations] == ["beta"]


@timings("how", "garbage", "mute", "endless")
async def test_an_update_of_which_all_nodes_then_say_nothing_true_is_not_sent_twice(
    tmp_path: Path, how: str
) -> None:
    async with on_stage(tmp_path, dead=["alpha"]) as stage:
        await stage.books.until_word("broadcast")
        await spoil_all(stage.net, NODES, how)
        await stage.net.wait_blocks(LONG_ENOUGH)
        for name in NODES:
            await stage.net.nodes[name].heal()
        pages = await stage.settled(rotated_to=["beta"])
        assert [r.draft.producer for r in pages.rotations] == ["beta"]


async def test_one_node_that_passes_the_update_on_is_enough(tmp_path: Path) -> None:
    async with on_stage(tmp_path, dead=["alpha"]) as stage:
        await spoil_all(stage.net, NODES[:2], "swallows")
        pages = await stage.settled(rotated_to=["beta"])
        assert [r.draft.producer for r in pages.rotations] == ["beta"]


async def test_a_node_that_forgot_what_it_swallowed_gets_it_again(tmp_path: Path) -> None:
    # With peers at once: a node that has none yet would tell nobody, and forget that it has not.
    async with on_stage(tmp_path, net=replace(NET, reconnect=0.0)) as stage:
        await spoil_all(stage.net, NODES, "swallows")
        await stage.net.nodes["alpha"].kill()
        await stage.books.until_word("sent")
        await stage.net.wait_blocks(LONG_ENOUGH)
        assert updates(stage.net) == []
        await stage.net.nodes["eu"].kill()
        await stage.net.nodes["eu"].heal()
        pages = await stage.settled(rotated_to=["beta"])
        assert [r.draft.producer for r in pages.rotations] == ["beta"]


@pytest.mark.timing
async def test_what_all_nodes_swallow_is_tried_anew_once_it_is_dead(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await spoil_all(stage.net, NODES, "swallows")
        await stage.net.nodes["alpha"].kill()
        await stage.books.until_word("sent")
        for name in NODES:  # they have it, and tell nobody of it any more
            await stage.net.nodes[name].heal()
        pages = await stage.settled(rotated_to=["beta"], timeout=UNTIL_DEAD)
        assert [r.outcome for r in pages.rotations] == ["expired", "on_air"]
        assert never_two_at_once(pages)
