"""A running switcher: its parts put together, started, and stopped in order."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

import structlog

from chains.bitshares.offset import Timekeeping
from chains.bitshares.views import NodeView, quorum_note
from chains.bitshares.watch import Watch
from chains.settings import ChainSettings
from chains.standing import Verdict
from peernode.settings import ReplicaSettings
from serving.open_files import allow_connections
from switcher.auth import Tokens
from switcher.custody import Custody
from switcher.desk import Desk
from switcher.errors import OrderError
from switcher.evidence import key_in_force
from switcher.exposure import refuse_open
from switcher.follow import FollowUp
from switcher.journal.docket import Docket
from switcher.journal.journal import Journal
from switcher.journal.keeping import keep
from switcher.journal.receipt import Receipt
from switcher.leasing import under_leases
from switcher.loop import Loop
from switcher.metrics import Metrics
from switcher.model import Arming, Cause, Incident, Order
from switcher.resolving.desk import ChainDesk
from switcher.resolving.keeper import Keeper
from switcher.resolving.metrics import ResolveMetrics
from switcher.resolving.model import Kind, Subject
from switcher.resolving.staff import ChainStaff
from switcher.rotate import Rotator
from switcher.sessions import Sessions
from switcher.settings import SwitcherSettings
from switcher.signer import Signer
from switcher.webhook import Judged
from switcher.worker import Worker

_PATIENCE = 5.0
"""Seconds that a step in hand has to finish when the switcher stops."""

_AT_ONCE = 100
"""Alerts that are written in one transaction, as many as the shipped Alertmanager sends at once."""

_REST = 1.0
"""Seconds before the nodes are watched again after a failure."""

_log = structlog.get_logger("switcher")


@dataclass(frozen=True, slots=True)
class Switcher:
    """What the HTTP side works with.

    `clock` gives the chain's time, see `chains.bitshares.clock`; `started` when this process began
    to listen, by that clock. `reading` is held by whoever reads much of the journal for a caller:
    all use of it is one queue, in which alerts and decisions must not wait for many readers.
    """

    chain: ChainSettings
    settings: SwitcherSettings
    watch: Watch
    journal: Journal
    metrics: Metrics
    tokens: Tokens
    clock: Callable[[], float]
    started: Callable[[], float]
    desk: Desk
    custody: Custody
    chains: ChainStaff
    sessions: Sessions
    workers: dict[str | None, Worker] = field(default_factory=dict)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def witnesses(self) -> tuple[str, ...]:
        """Return the configured accounts."""
        return tuple(witness.account for witness in self.chain.witnesses)

    @property
    def loops(self) -> tuple[Loop, ...]:
        """Return everybody who works on something."""
        return (*self.workers.values(), *self.chains.loops)

    async def take(self, alerts: Collection[Judged]) -> list[Receipt]:
        """Take a notification's alerts into the journal and set the workers to them.

        Many are written a part at a time, so that the workers' own writing has its turn between.

        Raises:
            JournalError: not all of them were written; to post them again does no harm.
        """
        waiting, receipts = iter(alerts), list[Receipt]()
        while part := list(islice(waiting, _AT_ONCE)):
            receipts += await self._take(part)
        return receipts

    async def _take(self, alerts: Collection[Judged]) -> list[Receipt]:
        now = self.clock()
        keys = {account: key_in_force(self.watch, account) for account in self.witnesses}
        receipts = await self.journal.take(alerts, keys, now, self.chains.standing())
        for receipt in receipts:
            self.metrics.alert(receipt.result)
            if receipt.result == "heartbeat":
                self.metrics.heartbeat(now)
        self._wake({receipt.witness for receipt in receipts if receipt.witness is not None})
        self.chains.wake({receipt.subject for receipt in receipts if receipt.subject is not None})
        return receipts

    async def order(self, witness: str, cause: Cause, order: Order) -> Incident:
        """Take an order; its worker sees to it at once.

        Raises:
            OrderError: another one is open, or the key in force is not known yet.
            JournalError: nothing was written.
        """
        key = key_in_force(self.watch, witness)
        if key is None:
            raise OrderError(f"No node has shown yet which key is in force for {witness}.")
        incident = await self.journal.open_order(witness, key, cause, order, self.clock())
        self._wake({witness})
        return incident

    async def arm(self, witness: str, state: Arming) -> None:
        """Arm or disarm a witness; its incidents are decided again at once.

        Raises:
            JournalError: nothing was written.
        """
        await self.journal.arm(witness, state)
        self._wake({witness})

    def wake_all(self) -> None:
        """Have every worker look at its incidents now."""
        for loop in self.loops:
            loop.wake()

    def _wake(self, witnesses: Collection[str]) -> None:
        for witness in witnesses:
            self.workers.get(witness, self.workers[None]).wake()


@asynccontextmanager
async def open_switcher(
    chain: ChainSettings,
    settings: SwitcherSettings,
    replica: ReplicaSettings | None = None,
    *,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[Switcher]:
    """Run a switcher for as long as the context lasts; leaving it finishes the steps in hand.

    `replica` is that of the peer chain, None where there is none. `clock` is this machine's, in
    seconds since the epoch; it may be wrong and may be set.

    Raises:
        TokenFileError, SecretFileError, JournalError: what it was given can't be used.
        ExposureError: it may be reached from elsewhere, and there is no token.
        OSError: the replica's address can't be listened on.
    """
    tokens = Tokens.load(settings.token_file)
    refuse_open(settings, tokens)
    signer = await asyncio.to_thread(
        Signer.load, settings.signer, prefix=chain.prefix, chain_id=chain.chain_id
    )
    async with Journal(settings.database, settings.database_password_file) as journal:
        desk = _desk(chain, settings, journal, signer, clock)
        switcher = Switcher(
            chain,
            settings,
            desk.watch,
            journal,
            desk.metrics,
            tokens,
            desk.clock,
            desk.started,
            desk,
            Custody(desk.watch, desk.rotator, [witness.account for witness in chain.witnesses]),
            _chain_staff(desk, replica),
            Sessions(signer.derived("sessions of the status page"), tokens),
        )
        await _begin(switcher)
        for witness in (*switcher.witnesses, None):
            switcher.workers[witness] = Worker(desk, witness)
        holder = f"{socket.gethostname()}:{settings.port}"
        leased = under_leases(journal, holder, switcher.witnesses, desk.watch, switcher.wake_all)
        async with leased, switcher.chains.at_work(), _at_work(switcher):
            yield switcher


async def _begin(switcher: Switcher) -> None:
    if note := quorum_note(len(switcher.chain.nodes)):
        _log.warning("few nodes vote", why=note)
    if too_few := allow_connections(switcher.chain.endpoints):
        _log.warning("few open files", why=too_few)
    policy = switcher.settings.policy
    now = switcher.clock()
    first = Arming(policy.arm, "configuration", "first state of an empty journal", now)
    await switcher.journal.begin(switcher.witnesses, first)
    for witness in switcher.witnesses:
        record = await switcher.journal.record(witness, now)
        switcher.metrics.drilled(witness, await switcher.journal.drills(witness))
        if not record.arming.armed:
            _log.warning("disarmed", witness=witness, who=record.arming.who or "nobody armed it")
    last = await switcher.journal.heartbeat()
    if last is not None:
        switcher.metrics.heartbeat(min(last, now))


def _desk(
    chain: ChainSettings,
    settings: SwitcherSettings,
    journal: Journal,
    signer: Signer,
    wall: Callable[[], float],
) -> Desk:
    watch = Watch(chain, wall=wall, on_verdict=_log_verdict, on_clock=_log_clock)
    clock = watch.clock.now
    started = partial(watch.clock.at, watch.clock.steady())
    metrics = Metrics(
        {w.account: [p.name for p in w.producers] for w in chain.witnesses},
        lambda: watch.timekeeping.offset,
    )
    rotator = Rotator(watch, signer, journal, metrics, clock)
    follow_up = FollowUp(watch, journal, rotator, metrics, clock, settings.policy)
    return Desk(settings, watch, journal, rotator, follow_up, metrics, clock, started)


def _chain_staff(desk: Desk, replica: ReplicaSettings | None) -> ChainStaff:
    metrics, watch = desk.metrics, desk.watch
    subjects = [Subject(Kind.NODE, node.name) for node in watch.settings.nodes]
    subjects += [Subject(Kind.PEER, peer.name) for peer in (replica.chain.nodes if replica else ())]
    keeper = Keeper(replica) if replica else None
    shown = ResolveMetrics(metrics.registry, metrics.count_decision, subjects, keeper)
    docket = Docket(desk.journal)
    clocks = (desk.clock, desk.started)
    return ChainStaff(ChainDesk(desk.settings, watch, docket, shown, *clocks), keeper)


@asynccontextmanager
async def _at_work(switcher: Switcher) -> AsyncIterator[None]:
    loops = switcher.loops
    watching = asyncio.create_task(_keep_watching(switcher.watch), name="watch")
    waking = asyncio.create_task(_wake_with_blocks(switcher.watch, loops), name="blocks")
    keeping = asyncio.create_task(
        keep(switcher.journal, switcher.settings.journal_retention, switcher.clock), name="keeping"
    )
    guarding = asyncio.create_task(switcher.custody.run(), name="custody")
    working = [asyncio.create_task(loop.run(), name="worker") for loop in loops]
    try:
        yield
    finally:
        for loop in loops:
            loop.stop()
        _, unfinished = await asyncio.wait(working, timeout=_PATIENCE)
        if unfinished:
            _log.warning("a step did not finish in time", workers=len(unfinished))
        for task in (*unfinished, keeping, guarding, waking, watching):
            task.cancel()
        await asyncio.gather(*working, keeping, guarding, waking, watching, return_exceptions=True)


async def _keep_watching(watch: Watch) -> None:
    while True:
        try:
            await watch.run()
        except Exception:
            # Whatever a node made it trip over, alerts must not be judged by a view that stands.
            _log.exception("watching the nodes failed, beginning again")
        await asyncio.sleep(_REST)


async def _wake_with_blocks(watch: Watch, loops: Collection[Loop]) -> None:
    seen = watch.sequence
    while True:
        seen = await watch.changed(seen)
        for loop in loops:
            loop.wake()


def _log_verdict(view: NodeView) -> None:
    well = view.verdict is Verdict.CANONICAL
    log = _log.info if well else _log.warning
    log("node", node=view.name, verdict=view.verdict, why=view.detail)


def _log_clock(kept: Timekeeping) -> None:
    log = _log.warning if kept.sentence else _log.info
    log("clock", why=kept.sentence or "no longer taken to be off", offset=kept.offset)
