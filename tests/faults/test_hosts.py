"""Hosts that seem well and are not, and hosts that come and go."""

from __future__ import annotations

from pathlib import Path

from devnet.keys import DevKey
from tests.faults.checks import on_air, updates
from tests.faults.stage import on_stage


async def test_backup_that_never_signs_costs_one_needless_rotation(tmp_path: Path) -> None:
    unheld = DevKey("held by no host").text("BTS")
    async with on_stage(tmp_path, keys={"beta": unheld}, dead=["alpha"]) as stage:
        await stage.books.until_word("never_signed")
        await stage.net.wait_for(lambda _: on_air(stage.net) == "gamma")
        pages = await stage.settled(rotated_to=[None, "gamma"])
        assert [update.key for update in updates(stage.net)] == [unheld, stage.key("gamma")]
        assert [r.draft.producer for r in pages.rotations] == ["beta", "gamma"]
