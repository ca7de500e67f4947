"""What happens to the host on air, drawn at random."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from bench.policy.chain import History

SHORTEST_BLIP, LONGEST_BLIP = 5.0, 15.0
"""Seconds."""

SYNCED_AFTER = 1.0
"""Seconds after it is back until a host has the blocks that it lacks."""

NOTICED_AFTER = 0.5
"""Seconds from there until the switcher sees it."""


_FULLEST_FORK = 0.9
"""The largest share of slots that a fork fills; were it longer, everybody would switch to it."""


class Kind(StrEnum):
    """A way to fail."""

    CRASH = "crash"
    """Its endpoint refuses at once."""
    FREEZE = "freeze"
    """Its endpoint stays connected, and answers nothing."""
    CUT_OFF = "cut_off"
    """It answers on, its head stands still."""
    FORKED = "forked"
    """It answers on, its head goes on a fork."""


_KINDS = (Kind.CRASH, Kind.FREEZE, Kind.CUT_OFF, Kind.CRASH, Kind.FREEZE, Kind.FORKED)
"""Two in six each, of those that answer on half on a fork."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble of the host on air, and everything else that is left to chance meanwhile.

    `began` and `ended` in seconds since the epoch; infinite: it doesn't end. `pace` is the share of
    slots that a fork fills. `scrape` and `evaluation` (0..1) are where in their intervals
    Prometheus' phases are, `poll` that of a switcher that polls. `seed` is for what else is drawn.
    """

    kind: Kind
    began: float
    ended: float
    pace: float
    scrape: float
    evaluation: float
    poll: float
    seed: int

    @property
    def fit_again(self) -> float:
        """Return when the host could sign again."""
        return self.ended + SYNCED_AFTER

    @property
    def seen_again(self) -> float:
        """Return when the host is seen to be back."""
        return self.fit_again + NOTICED_AFTER

    def fit(self, time: float) -> bool:
        """Tell whether the host could sign the slot that begins at a time."""
        return time < self.began or time >= self.fit_again


def draw_trouble(draw: Random, number: int, history: History, *, blip: bool) -> Trouble:
    """Draw a failure for good, or a blip, at a uniformly random time."""
    began = draw.uniform(*history.span)
    lasts = draw.uniform(SHORTEST_BLIP, LONGEST_BLIP) if blip else math.inf
    return Trouble(
        kind=_KINDS[number % len(_KINDS)],
        began=began,
        ended=began + lasts,
        pace=draw.uniform(0.0, _FULLEST_FORK),
        scrape=draw.random(),
        evaluation=draw.random(),
        poll=draw.random(),
        seed=draw.randrange(2**32),
    )
