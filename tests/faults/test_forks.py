"""A chain in parts, and a chain that leaves the block which held the update."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.checks import part, updates
from tests.faults.rule import alert
from tests.faults.spoiling import never_two_at_once
from tests.faults.stage import NET, Stage, on_stage

NODES = ("eu", "us", "asia")
LONG_ENOUGH = 6
WITNESS = "1.6.1"


PARTED = replace(NET, backbone=4)
"""Each other witness has a host of its own, so that the parts can be chosen."""


async def accuse_alpha_in_part(stage: Stage, *witnesses: str) -> datetime:
    """Part the chain, so that voting nodes see these witnesses only, and accuse alpha there.

    Returns since when the alert fires.
    """
    eu = stage.net.nodes["eu"].chain
    before = eu.state.witnesses[WITNESS].total_missed
    await part(stage.net, *NODES, *witnesses)
    await stage.net.wait_for(lambda _: eu.state.witnesses[WITNESS].total_missed > before)
    since = datetime.now(UTC)
    await stage.post(alert(stage.key("alpha"), since=since))
    await stage.books.until_word("network_wide")
    await stage.net.wait_blocks(LONG_ENOUGH)
    assert eu.state.witnesses[WITNESS].signing_key == stage.key("alpha")
    return since


async def test_on_the_lesser_side_of_a_parted_chain_no_host_is_condemned(tmp_path: Path) -> None:
    async with on_stage(tmp_path, net=PARTED, by_rule=False) as stage:
        since = await accuse_alpha_in_part(stage, "backbone1", "backbone2")
        await stage.net.faults.heal()
        await stage.post(alert(stage.key("alpha"), since=since, ended=datetime.now(UTC)))
        pages = await stage.settled(rotated_to=[])
        assert not pages.rotations


async def test_a_host_that_dies_beyond_the_part_is_replaced_once_the_chain_is_whole(
    tmp_path: Path,
) -> None:
    async with on_stage(tmp_path, net=PARTED, by_rule=False) as stage:
        await stage.net.nodes["alpha"].kill()
        since = await accuse_alpha_in_part(stage, "backbone1")
        for name in (*NODES, "backbone1"):
            await stage.net.nodes[name].heal()
        await stage.post(alert(stage.key("alpha"), since=since))
        pages = await stage.settled(rotated_to=["beta"])
        assert [r.draft.producer for r in pages.rotations] == ["beta"]


@pytest.mark.parametrize("again", [False, True], ids=["forgotten", "included-again"])
async def test_an_update_whose_block_is_left_by_the_chain_is_in_another_one(
    tmp_path: Path, again: bool
) -> None:
    async with on_stage(tmp_path) as stage:
        stage.net.faults.orphan(again=again)
        await stage.net.nodes["alpha"].kill()
        await stage.books.until_word("in_block")
        assert stage.net.nodes["eu"].chain.state.witnesses[WITNESS].signing_key == stage.key("beta")
        pages = await stage.settled(rotated_to=["beta"])
        [rotation] = pages.rotations
        assert rotation.outcome == "on_air"
        assert rotation.block == updates(stage.net)[0].block
        assert never_two_at_once(pages)
        assert "dropped" in pages.words or again
