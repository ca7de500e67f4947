"""The one alert that matters, while nothing else is posted and while ten thousand others are.

Hosts of several witnesses are killed, and nobody alerted. Once the chain bears the alert out, it is
posted: what is measured is the time from there to the first node's taking the update.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.figures import percentile
from bench.news import say
from bench.webhook.jobs import Told
from bench.webhook.kept import broadcast, count_entries, still_open
from bench.webhook.place import Place
from bench.webhook.samples import Sample, storm
from switcher.turnout import is_shared, turnout
from understudy.errors import StackError

ALERTS = 10_000
CONNECTIONS = 100
_EVIDENCE_SECONDS = 180.0
_ACT_SECONDS = 60.0
_QUIET_SECONDS = 60.0
_LOOK_EVERY = 0.1
_BREATH = 2.0
"""Seconds from the beginning of a storm, and from one alert that matters to the next."""


@dataclass(frozen=True, slots=True)
class Act:
    """How long one alert that mattered took: to its 202 and to the broadcast, in seconds."""

    answered: float
    acted: float


async def kill(place: Place, accounts: Sequence[str]) -> None:
    """Kill the host on air of some witnesses, and tell nobody."""
    for account in accounts:
        await place.net.nodes[place.net.settings.host_name(account, "alpha")].kill()


async def borne_out(place: Place, accounts: Sequence[str]) -> None:
    """Wait until the chain shows of each witness what the policy asks for.

    Raises:
        StackError: it did not in time.
    """
    try:
        async with asyncio.timeout(_EVIDENCE_SECONDS):
            while not all(_shown(place, account) for account in accounts):
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError as error:
        raise StackError("The chain did not show in time that the hosts are dead.") from error


def _shown(place: Place, account: str) -> bool:
    watch, policy = place.watch, place.written.policy
    ids = watch.witness_ids(account)
    if ids is None:
        return False
    misses = watch.follower.recent_misses(ids.witness_id)
    return (
        sum(not is_shared(miss) for miss in misses) >= policy.missed_blocks
        and turnout(watch.follower.entries(), ids.witness_id) >= policy.min_participation
    )


async def act(place: Place, account: str) -> Act:
    """Post the alert that matters, and wait for the broadcast.

    Raises:
        StackError: it was not taken, or nothing was broadcast.
    """
    alert = Sample(account, place.key(account, "alpha"))
    told = await place.other.post(place.job([alert], seconds=_ACT_SECONDS))
    if not told.acknowledged:
        raise StackError(f"The alert that matters was not taken: {told.failed}.")
    _, posted, result, _ = told.acknowledged[0]
    if result not in ("opened", "renewed"):
        raise StackError(f"The alert that matters was {result}.")
    try:
        async with asyncio.timeout(_ACT_SECONDS):
            while (sent := await place.read(partial(broadcast, witness=account))) is None:
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError as error:
        raise StackError(f"{account} was not rotated within {_ACT_SECONDS:g} s.") from error
    return Act(told.milliseconds[0] / 1000, sent - posted)
