"""What every worker works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from chains.bitshares.watch import Watch
from switcher.focus import Focus
from switcher.follow import FollowUp
from switcher.journal.journal import Journal
from switcher.metrics import Metrics
from switcher.rotate import Rotator
from switcher.settings import SwitcherSettings


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of a running switcher.

    `clock` gives the chain's time in seconds since the epoch, `started` when this process began to
    listen: by the clock as it goes now, so that a clock that is set between makes no difference.
    """

    settings: SwitcherSettings
    watch: Watch
    journal: Journal
    rotator: Rotator
    follow_up: FollowUp
    metrics: Metrics
    clock: Callable[[], float]
    started: Callable[[], float]
    focus: Focus = field(default_factory=Focus)
