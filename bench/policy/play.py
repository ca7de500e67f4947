"""One trouble, from some seconds before it until the update that answers it is in a block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random

from bench.policy.agenda import Agenda
from bench.policy.alerts import AlertPath, Path, Sample
from bench.policy.chain import (
    INTERVAL,
    MISSED_BY_OTHERS,
    OURS,
    PREFIX,
    WINDOW,
    History,
    Line,
    Update,
    key_text,
    public_key,
    reading_at,
)
from bench.policy.hosts import PROPAGATION, Ailing, Heard
from bench.policy.trouble import Trouble
from bench.policy.worker import Told, Worker
from chains.bitshares.follower import Follower
from chains.bitshares.objects import Names, WitnessIds
from chains.bitshares.offset import Timekeeping
from chains.bitshares.views import ProducerView
from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from chains.standing import Verdict
from switcher.settings import Policy

RING = ("alpha", "beta", "gamma")
"""The first one is on air and fails; the others are well."""

_BEFORE = 15.0
"""Seconds before the trouble from which it is played."""

_LONGEST = 900.0
_AFTER_BLIP = 30.0
"""Seconds after a host is seen again in which everything about it calms down."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is tried; `broadcast` is in seconds from a decision until the producers have the update.

    Without `endpoints` nothing is known of the hosts. With `silent` the first that takes over
    never signs, though it looks well.
    """

    policy: Policy = field(default_factory=lambda: Policy(arm=True))
    path: Path = field(default_factory=Path)
    broadcast: float = 0.3
    endpoints: bool = True
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """A rotation: when it was decided, and when its block and our next slot began."""

    decided: float
    in_block: int
    next_slot: int

    def was_needless(self, trouble: Trouble) -> bool:
        """Tell whether the host that was replaced could have signed the next slot."""
        return trouble.seen_again <= self.next_slot


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a trouble.

    `lost` are the times of our empty slots up to the block with the last update; without one, as
    long as it was played. `told` is all that was decided.
    """

    switches: Sequence[Switch]
    lost: Sequence[int]
    told: Sequence[Told]

    @property
    def lost_after_first(self) -> int:
        """Return how many slots the first that took over left empty."""
        return sum(slot > self.switches[0].in_block for slot in self.lost) if self.switches else 0


def line_of(history: History, maker: Follower, trouble: Trouble) -> Line:
    """Return the chain during a trouble as it is when nobody intervenes."""
    blocks = history.until(trouble.began - _BEFORE)
    draw, start = Random(trouble.seed), blocks[-1].time
    slots = range(start, start + round(_LONGEST + 10 * _BEFORE), INTERVAL)
    absent = frozenset(slot for slot in slots if draw.random() < MISSED_BY_OTHERS)

    def signer(time: int, witness: str) -> bytes | None:
        if witness == OURS.witness_id:
            return public_key(RING[0]) if trouble.fit(time) else None
        return None if time in absent or witness in history.gone else public_key(witness)

    return Line(maker, blocks, signer)


class Play:
    """A switcher before one trouble; `follower` is used for it, whatever it held before."""

    names: Names | None = Names((OURS,))
    timekeeping = Timekeeping(0.0)

    def __init__(self, line: Line, trouble: Trouble, setup: Setup, follower: Follower) -> None:
        self.settings = _settings(endpoints=setup.endpoints)
        self.follower = follower
        self._line, self._trouble, self._setup = line, trouble, setup
        self._index = line.base - 1
        self._agenda = agenda = Agenda(line[self._index].time + PROPAGATION)
        self._alpha = Heard(RING[0], self.settings, follower, agenda)
        self._backup = Heard(RING[1], self.settings, follower, agenda)
        self._host = Ailing(self._alpha, trouble, agenda, self._tell, self.settings.call_timeout)
        self._worker = Worker(self, setup.policy, agenda, self._send)
        self._path = AlertPath(
            setup.path, trouble, agenda, self._sample, self._worker.fired, self._worker.resolved
        )
        self._switches: list[Switch] = []
        self._over = False

    def run(self) -> Result:
        """Play it."""
        self._host.begin()
        self._path.begin()
        self._block()
        until = min(self._trouble.seen_again + _AFTER_BLIP, self._trouble.began + _LONGEST)
        self._agenda.run(until, lambda: self._over)
        end = self._switches[-1].in_block if self._over else until
        return Result(self._switches, self._empty(end), self._worker.told)

    # What a decision sees

    @property
    def producers(self) -> Sequence[ProducerView]:
        """Return the ring with what is heard of each host."""
        ring = self.settings.witnesses[0].producers
        if not self._setup.endpoints:
            return [ProducerView(OURS.account, producer, None) for producer in ring]
        alpha, backup = self._alpha.view(), self._backup.view()
        nodes = (alpha, *(backup for _ in ring[1:]))
        return [ProducerView(OURS.account, p, n) for p, n in zip(ring, nodes, strict=True)]

    def witness_ids(self, account: str) -> WitnessIds | None:
        """Return the ids behind our account."""
        return OURS if account == OURS.account else None

    # What happens

    def _block(self) -> None:
        """Hear of the next block."""
        head = self._line[self._index]
        self.follower.restore(self._line.held(self._index))
        reading = reading_at(head)
        self._host.block(reading)
        self._backup.hears(reading)
        self._tell()
        self._index += 1
        self._agenda.at(self._line[self._index].time + PROPAGATION, self._block)

    def _tell(self) -> None:
        # As the watch does, which looks at every host whenever anything changes.
        self._alpha.view()
        self._backup.view()
        self._worker.wake()

    def _sample(self) -> Sample:
        head = self._line[self._index - 1]
        sample = Sample(len(self.follower.recent_misses(OURS.witness_id)), head.number)
        if not self._setup.endpoints or self._switches:
            return sample
        node = self._alpha.view()
        if not node.up or node.reading is None:
            return replace(sample, up=node.up)
        canonical = node.verdict is Verdict.CANONICAL
        return replace(sample, up=True, head=node.reading.head_number, canonical=canonical)

    def _send(self, update: Update) -> None:
        decided = self._agenda.now
        arrives = decided + self._setup.broadcast
        self._agenda.at(arrives, lambda: self._arrived(decided, update))

    def _arrived(self, decided: float, update: Update) -> None:
        """Have the first block that can still hold an update hold it."""
        index = self._index
        while self._line[index].time < self._agenda.now:
            index += 1
        in_block = self._line[index].time
        switch = Switch(decided, in_block, self._next_slot(index))
        self._switches.append(switch)
        self._over = not self._setup.silent or len(self._switches) > 1
        if not self._over:
            self._line = self._line.with_update(index, update)

    def _next_slot(self, index: int) -> int:
        """Return when our first slot after a block begins."""
        while True:
            index += 1
            block = self._line[index]
            empty = [slot.time for slot in block.missed if slot.witness == OURS.witness_id]
            if empty or block.witness == OURS.witness_id:
                return min((*empty, block.time))

    def _empty(self, until: float) -> list[int]:
        """Return the times of our empty slots up to a block's time."""
        found, index = [], self._line.base
        while self._line[index].time <= until:
            missed = self._line[index].missed
            found += [slot.time for slot in missed if slot.witness == OURS.witness_id]
            index += 1
        return found


@cache
def _settings(*, endpoints: bool) -> ChainSettings:
    producers = tuple(
        ProducerSettings(name, key_text(name), f"ws://{name}" if endpoints else None)
        for name in RING
    )
    return ChainSettings(
        nodes=(NodeSettings("eu", "ws://eu"),),
        witnesses=(WitnessSettings(OURS.account, producers),),
        prefix=PREFIX,
        missed_window=WINDOW,
    )
