"""The switcher is killed at each step between webhook and on air, and started again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.deaths import Death, at
from tests.faults.draws import draw, kill_one
from tests.faults.stage import on_stage
from tests.faults.timings import timing_id, timings

_LATER = 5
_RUNS = 20
_WITHIN = 5.0
"""Seconds within which it is killed again; a rotation takes about twice as long."""


def at_step(when: str, step: str) -> Death:
    """Return the death after a step of the rotation is written down."""
    journal = "switcher.journal.journal:Journal"
    places = ("--at", f"{journal}.change", "--at", f"{journal}.end_rotation")
    return Death(when, (*places, "--mentioning", step))


ACCUSED = ("--mentioning", "Accusation")
UNWRITTEN = at("before the webhook is written down", "switcher.journal.intake:take", *ACCUSED)
UNANSWERED = at("before the webhook is answered", "switcher.journal.journal:Journal.take", *ACCUSED)
DECIDED = at("after deciding", "switcher.rotate:Rotator.rotate", "--before")
SIGNED = at("after signing", "switcher.signer:Signer.sign")
UNOPENED = at("before the rotation is written down", "switcher.journal.store:open_rotation")
UNSENT = at("before any node gets it", "switcher.journal.journal:Journal.open_rotation")
FIRST_NODE = at("when the first node has it", "switcher.ballot:_broadcast")
SEEN_IN_BLOCK = at(
    "seen in a block", "switcher.journal.entries:step_entry", "--mentioning", "IN_BLOCK"
)
UNENDED = at("on air, before its end is written down", "switcher.journal.store:end_rotation")

SENT = at_step("after it is sent", "Step.SENT")
IN_BLOCK = at_step("in a block", "Outcome.IN_BLOCK")
IRREVERSIBLE = at_step("irreversible", "Outcome.IRREVERSIBLE")
ENDED = at("on air, after its end", "switcher.journal.journal:Journal.end_rotation")

IN_TURN = (
    *(UNWRITTEN, UNANSWERED, DECIDED, SIGNED, UNOPENED, UNSENT, FIRST_NODE),
    *(SEEN_IN_BLOCK, UNENDED),
)
"""Those that come in each rotation, however long the switcher was away before."""

ALONE = (
    *(UNANSWERED, UNSENT, FIRST_NODE),
    *(UNWRITTEN, DECIDED, SIGNED, UNOPENED, SENT, IN_BLOCK, IRREVERSIBLE, UNENDED, ENDED),
)
"""The most delicate ones first."""


async def test_switcher_killed_at_every_step_of_a_rotation_rotates_once(tmp_path: Path) -> None:
    async with on_stage(tmp_path, dead=["alpha"], start=False) as stage:
        for death in IN_TURN:
            await stage.doomed(*death.words)
        await stage.switcher.start()
        pages = await stage.settled(rotated_to=["beta"])
        assert len(pages.rotations) == 1


@timings("death", *ALONE)
async def test_killed_switcher_rotates_once_and_loses_nothing(tmp_path: Path, death: Death) -> None:
    async with on_stage(tmp_path, dead=["alpha"], start=False) as stage:
        await stage.doomed(*death.words)
        await stage.switcher.start()
        # What was written down may be acted on before Alertmanager posts it once more.
        await stage.ledger.first(lambda posting: posting.status == 202)
        pages = await stage.settled(rotated_to=["beta"])
        assert len(pages.rotations) == 1


@pytest.mark.timing
@pytest.mark.parametrize("death", [UNSENT, FIRST_NODE], ids=timing_id)
async def test_switcher_that_comes_back_after_the_transaction_expired_rotates_once(
    tmp_path: Path, death: Death
) -> None:
    async with on_stage(tmp_path, dead=["alpha"], start=False) as stage:
        await stage.doomed(*death.words)
        [rotation] = (await stage.books.read()).rotations
        over = rotation.draft.expiration + _LATER
        await stage.net.wait_for(lambda state: state.time > over, timeout=600)
        await stage.switcher.start()
        pages = await stage.settled(rotated_to=["beta"])
        outcomes = [rotation.outcome for rotation in pages.rotations]
        assert outcomes == (["expired", "on_air"] if death is UNSENT else ["on_air"])


@pytest.mark.timing
@pytest.mark.parametrize("run", range(_RUNS))
async def test_switcher_killed_at_random_moments_of_a_rotation_rotates_once(
    tmp_path: Path, run: int
) -> None:
    chance = draw(run)
    async with on_stage(tmp_path, dead=["alpha"]) as stage:
        for _ in range(chance.randint(1, 4)):
            await kill_one({"switcher": stage.switcher}, chance, _WITHIN)
        await stage.settled(rotated_to=["beta"])
