"""What is heard of the hosts' own endpoints, by a switcher and an exporter that look at them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from random import Random

from bench.policy.agenda import Agenda
from bench.policy.chain import INTERVAL
from bench.policy.trouble import Kind, Trouble
from chains.bitshares.clock import ChainClock
from chains.bitshares.follower import Follower
from chains.bitshares.objects import Reading
from chains.bitshares.track import Track
from chains.settings import ChainSettings, NodeSettings
from chains.standing import Verdict

PROPAGATION = 0.3
"""Seconds from a slot's beginning until its block is known everywhere."""

_UNNOTICED = INTERVAL + 0.55
"""Seconds after a reading from which an endpoint that got no notice of a block asks anew."""


class Heard(Track):
    """A host of which is told what is heard; what is made of that is the watch's own."""

    def __init__(
        self, name: str, settings: ChainSettings, follower: Follower, agenda: Agenda
    ) -> None:
        clock = ChainClock((), wall=lambda: agenda.now, steady=lambda: agenda.now)
        super().__init__(NodeSettings(name, f"ws://{name}"), follower, clock, settings.head_lag)
        self._agenda = agenda

    def hears(self, reading: Reading) -> None:
        """Take an answer in."""
        self.show(reading, self._agenda.now)

    def is_lost(self, why: str) -> None:
        """Take in that the connection is gone, or that no answer came in time."""
        self.lose(Verdict.UNREACHABLE, why)


class Ailing:
    """The host on air: hears of each block, but for its trouble.

    `announce` is called when it is lost or found; `patience` is for how many seconds it is waited.
    """

    def __init__(
        self,
        heard: Heard,
        trouble: Trouble,
        agenda: Agenda,
        announce: Callable[[], None],
        patience: float,
    ) -> None:
        self._heard = heard
        self._trouble = trouble
        self._agenda = agenda
        self._announce = announce
        self._patience = patience
        self._newest: Reading | None = None
        self._own: Reading | None = None
        self._read_at = 0.0
        self._draw = Random(trouble.seed)

    def begin(self) -> None:
        """Enter its trouble into the agenda."""
        self._agenda.at(self._trouble.began, self._fails)
        if self._trouble.ended < float("inf"):
            self._agenda.at(self._trouble.seen_again, self._is_back)

    def block(self, reading: Reading) -> None:
        """Hear of a new block, if it can."""
        self._newest = reading
        if not self._ails():
            self._read(reading)

    def _ails(self) -> bool:
        return self._trouble.began <= self._agenda.now < self._trouble.seen_again

    def _read(self, reading: Reading) -> None:
        self._heard.hears(reading)
        self._read_at = read_at = self._agenda.now
        self._agenda.at(read_at + _UNNOTICED, lambda: self._ask(read_at))

    def _ask(self, read_at: float) -> None:
        """Ask although no notice came since a reading."""
        if self._read_at != read_at or self._newest is None:
            return
        if not self._ails():
            self._read(self._newest)
        elif self._trouble.kind is Kind.FREEZE:
            deadline = self._agenda.now + self._patience
            self._agenda.at(deadline, lambda: self._gives_up(read_at))

    def _gives_up(self, read_at: float) -> None:
        if self._read_at == read_at and self._ails():
            self._lose("did not answer in time")

    def _fails(self) -> None:
        if self._trouble.kind is Kind.CRASH:
            self._lose("refuses connections")
        elif self._trouble.kind is Kind.FORKED:
            self._own = self._newest
            slot = (self._agenda.now // INTERVAL + 1) * INTERVAL
            self._agenda.at(slot + PROPAGATION, self._slot_of_fork)

    def _slot_of_fork(self) -> None:
        """Hear of a block of its own fork, or of none."""
        if not self._ails() or self._own is None:
            return
        if self._draw.random() < self._trouble.pace:
            self._own = _after(self._own, round(self._agenda.now - PROPAGATION))
            self._heard.hears(self._own)
        self._agenda.at(self._agenda.now + INTERVAL, self._slot_of_fork)

    def _is_back(self) -> None:
        if self._newest is not None:
            self._read(self._newest)
            self._announce()

    def _lose(self, why: str) -> None:
        self._heard.is_lost(why)
        self._announce()


def _after(reading: Reading, time: int) -> Reading:
    number = reading.head_number + 1
    digest = hashlib.sha256(f"fork {reading.head_id} {time}".encode()).hexdigest()
    return replace(
        reading, head_number=number, head_id=f"{number:08x}{digest[:32]}", head_time=time
    )
