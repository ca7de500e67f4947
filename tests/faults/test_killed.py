"""The switcher is killed at each step between webhook and on air, and started again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.stage import on_stage


@dataclass(frozen=True)
class Death:
    """A moment at which the switcher dies, as words for `tests.faults.kamikaze`."""

    when: str
    words: tuple[str, ...]


def at(place: str, *words: str) -> tuple[str, ...]:
    return ("--at", place, *words)


ACCUSED = ("--mentioning", "Accusation")
STEPS = ("--at", "switcher.journal:Journal.change", "--at", "switcher.journal:Journal.end_rotation")
DEATHS = (
    Death("before the webhook is written down", at("switcher.intake:take", *ACCUSED)),
    Death("before the webhook is answered", at("switcher.journal:Journal.take", *ACCUSED)),
    Death("after deciding", at("switcher.rotate:Rotator.rotate", "--before")),
    Death("after signing", at("switcher.signer:Signer.sign")),
    Death("before the rotation is written down", at("switcher.store:open_rotation")),
    Death("before any node gets it", at("switcher.journal:Journal.open_rotation")),
    Death("when the first node has it", at("switcher.ballot:_broadcast")),
    Death("after it is sent", (*STEPS, "--mentioning", "Step.SENT")),
    Death("in a block", (*STEPS, "--mentioning", "Outcome.IN_BLOCK")),
    Death("irreversible", (*STEPS, "--mentioning", "Outcome.IRREVERSIBLE")),
    Death("on air, before its end is written down", at("switcher.store:end_rotation")),
    Death("on air, after its end", at("switcher.journal:Journal.end_rotation")),
)


@pytest.mark.parametrize("death", DEATHS, ids=lambda death: death.when.replace(" ", "-"))
async def test_killed_switcher_rotates_once_and_loses_nothing(tmp_path: Path, death: Death) -> None:
    async with on_stage(tmp_path, dead=["alpha"], start=False) as stage:
        await stage.doomed(*death.words)
        await stage.switcher.start()
        pages = await stage.settled(rotated_to=["beta"])
        assert len([r for r in pages.rotations if r.draft.transaction]) == 1
        assert stage.ledger.acknowledged
