"""What has become of rotations: from the broadcast to on air, or to a failure that is certain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from chains.bitshares.keys import null_key
from chains.bitshares.watch import Watch
from switcher.confirm import Standing, ending_of, news_of, standing
from switcher.journal.journal import Journal
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
        values, steps = news_of(rotation, state, now)
        ended, ending = ending_of(rotation, state, null_key(self._watch.settings.prefix))
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
