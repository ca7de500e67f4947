"""What every worker works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chains.bitshares.watch import Watch
from switcher.follow import FollowUp
from switcher.journal import Journal
from switcher.metrics import Metrics
from switcher.rotate import Rotator
from switcher.settings import SwitcherSettings


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of a running switcher. `started` is when this process began to listen."""

    settings: SwitcherSettings
    watch: Watch
    journal: Journal
    rotator: Rotator
    follow_up: FollowUp
    metrics: Metrics
    clock: Callable[[], float]
    started: float
