"""What has become of rotations: from the broadcast to on air, or to a failure that is certain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from chains.bitshares.keys import null_key
from chains.bitshares.watch import Watch
from switcher.confirm import Standing, standing
from switcher.journal import Journal
from switcher.metrics import Metrics
from switcher.model import Cause, Ending, Outcome, Record, Rotation, Step
from switcher.rotate import Rotator
from switcher.settings import Policy

_log = structlog.get_logger("switcher.follow")

EXPIRED_TRIES = 3
"""Expired transactions after which an incident is given up; the next alert opens another."""


class FollowUp:
    """Takes an open rotation one step further at each new block."""

    def __init__(
        self,
        watch: Watch,
        journal: Journal,
        rotator: Rotator,
        metrics: Metrics,
        clock: Callable[[], float],
        policy: Policy,
    ) -> None:
        self._watch = watch
        self._journal = journal
        self._rotator = rotator
        self._metrics = metrics
        self._clock = clock
        self._policy = policy

    async def advance(self, rotation: Rotation, record: Record) -> Rotation:
        """Compare a rotation with the chain; note what is new, and end it where that is certain.

        A transaction that no block holds is sent again: a node that has it says so, and one that
        lost it, or was killed with us before it was sent, gets it. Where nothing may be sent any
        more, it is left to be included or to expire.
        """
        ids = self._watch.witness_ids(rotation.draft.witness)
        if ids is None or self._watch.follower.head is None:
            return rotation
        now = self._clock()
        state = standing(self._watch.follower, ids.witness_id, rotation)
        values, steps = _news(rotation, state, now)
        ended, ending = _ending(rotation, state, null_key(self._watch.settings.prefix))
        if ended is not None:
            values |= {"ended": now, "outcome": ended, "sentence": ending}
            if ended not in {Outcome.ON_AIR, Outcome.IRREVERSIBLE}:
                steps.append((ended, ending))
        before, place = rotation, _place(state)
        if ended is not None:
            closing = _closing(ended, rotation, record)
            rotation = await self._journal.end_rotation(
                rotation, values, steps, closing, now, place
            )
        elif values:
            rotation = await self._journal.change(rotation, values, steps, now, place)
        self._metrics.rotation_went_on(before, rotation, [step for step, _ in steps])
        for step, why in steps:
            _log.info("rotation went on", step=step, why=why, to=rotation.draft.producer)
        permitted = record.arming.permits(by_hand=rotation.draft.by_hand, asked=rotation.opened)
        may_send = permitted and not self._policy.dry_run
        if ended is None and state.block is None and may_send:
            rotation = await self._rotator.send(rotation)
        return rotation


def _news(
    rotation: Rotation, state: Standing, now: float
) -> tuple[dict[str, Any], list[tuple[Outcome | Step, str]]]:
    """Return the columns that change and the steps that happened since the last look."""
    values: dict[str, Any] = {}
    steps: list[tuple[Outcome | Step, str]] = []
    if rotation.block is not None and state.block is None:
        values |= {"block": None, "block_id": None, "in_block": None, "on_air": None}
        values |= {"outcome": Outcome.BROADCAST}
        steps.append((Step.DROPPED, f"block {rotation.block} is no longer on the chain"))
        return values, steps
    if state.block is not None and state.block_id != rotation.block_id:
        values |= {"block": state.block, "block_id": state.block_id, "accepted": True}
    if state.block is not None and rotation.in_block is None:
        values |= {"block": state.block, "in_block": now, "outcome": Outcome.IN_BLOCK}
        steps.append((Outcome.IN_BLOCK, f"block {state.block} holds it"))
    if state.irreversible and rotation.irreversible is None:
        values |= {"irreversible": now, "outcome": Outcome.IRREVERSIBLE}
        steps.append((Outcome.IRREVERSIBLE, f"block {state.block} is irreversible"))
    if state.on_air and rotation.on_air is None:
        values |= {"on_air": now, "outcome": Outcome.ON_AIR}
        steps.append((Outcome.ON_AIR, f"{rotation.draft.producer} signed a block"))
    return values, steps


def _ending(rotation: Rotation, state: Standing, null_key: str) -> tuple[Outcome | None, str]:
    producer = rotation.draft.producer
    if rotation.draft.to_key == null_key:
        if state.irreversible:
            return Outcome.IRREVERSIBLE, "the witness is stopped with the null key"
        return (Outcome.EXPIRED, "no block held it before it expired") if state.dead else (None, "")
    if state.irreversible and state.on_air:
        return Outcome.ON_AIR, f"{producer} is on air"
    if state.irreversible and state.replaced:
        return Outcome.IRREVERSIBLE, f"another key replaced that of {producer} before it signed"
    if state.missed_first and not state.replaced:
        # Without waiting for irreversibility, within which a second slot would often be lost. If a
        # fork undoes the update, the next one holds all the same: it takes no account of this one.
        return Outcome.NEVER_SIGNED, f"{producer} missed its first slot"
    if state.irreversible and state.inactive:
        # It may never be active again, and must not hold up every later rotation until then.
        sentence = f"{producer}'s key is in force; {rotation.draft.witness} is not active"
        return Outcome.IRREVERSIBLE, sentence
    if state.dead:
        return Outcome.EXPIRED, "no block held it before it expired"
    return None, ""


def _place(state: Standing) -> dict[str, Any]:
    return {"block": state.block, "block_id": state.block_id}


def _closing(ended: Outcome, rotation: Rotation, record: Record) -> Ending | Step | None:
    """Return what the end of a rotation means for its incident; None: it is decided again."""
    incident = next((i for i in record.incidents if i.id == rotation.draft.incident), None)
    if incident is not None and incident.cause is Cause.DRILL:
        return None  # whatever came of it, the next one has its turn
    match ended:
        case Outcome.ON_AIR:
            return Ending.ON_AIR
        case Outcome.IRREVERSIBLE:
            return Ending.REPLACED
        case Outcome.NEVER_SIGNED:
            return Step.ACCUSED
        case Outcome.EXPIRED if _tries(rotation, record) >= EXPIRED_TRIES:
            return Ending.EXPIRED
    return None


def _tries(rotation: Rotation, record: Record) -> int:
    """Return how many rotations of an incident expired, the one that just did included."""
    siblings = [r for r in record.rotations if r.draft.incident == rotation.draft.incident]
    return 1 + sum(sibling.outcome is Outcome.EXPIRED for sibling in siblings)
