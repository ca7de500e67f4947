"""A running switcher: its parts put together, started, and stopped in order."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import structlog

from chains.bitshares.views import quorum_note
from chains.bitshares.watch import Watch
from chains.settings import ChainSettings
from peernode.settings import ReplicaSettings
from serving.open_files import allow_connections
from switcher.auth import Tokens
from switcher.custody import Custody
from switcher.desk import Desk
from switcher.exposure import refuse_open
from switcher.follow import FollowUp
from switcher.handover import Proposal
from switcher.journal.docket import Docket
from switcher.journal.journal import Journal
from switcher.journal.keeping import keep
from switcher.leasing import under_leases
from switcher.metrics import Metrics
from switcher.model import Arming, Incident
from switcher.reception import Reception
from switcher.resolving.desk import ChainDesk
from switcher.resolving.metrics import ResolveMetrics
from switcher.resolving.model import Kind, Subject
from switcher.resolving.staff import ChainStaff
from switcher.rotate import Rotator
from switcher.sessions import Sessions
from switcher.settings import SwitcherSettings
from switcher.signer import Signer
from switcher.staff import Staff
from switcher.strangers import Strangers
from switcher.watching import keep_watching, log_clock, log_verdict, wake_with_blocks
from switcher.worker import Worker

if TYPE_CHECKING:
    from switcher.resolving.keeper import Keeper

_PATIENCE = 5.0
"""Seconds that a step in hand has to finish when the switcher stops."""

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
    staff: Staff
    reception: Reception
    sessions: Sessions
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def witnesses(self) -> tuple[str, ...]:
        """Return the configured accounts."""
        return tuple(witness.account for witness in self.chain.witnesses)

    async def order(self, proposal: Proposal) -> Incident:
        """Take an order that was checked; its worker sees to it at once.

        It is against the key that was checked, so that it replaces no other, whatever is in force
        once it is written.

        Raises:
            OrderError: another one is open.
            JournalError: nothing was written.
        """
        incident = await self.journal.open_order(
            proposal.witness, proposal.signing_key, proposal.cause, proposal.order, self.clock()
        )
        self.staff.wake({proposal.witness})
        return incident

    async def arm(self, witness: str, state: Arming) -> None:
        """Arm or disarm a witness; its incidents are decided again at once.

        Raises:
            JournalError: nothing was written.
        """
        await self.journal.arm(witness, state)
        self.staff.wake({witness})


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
        Signer.load,
        settings.signer,
        prefix=chain.prefix,
        chain_id=chain.chain_id,
        max_fee=settings.policy.max_fee,
    )
    async with Journal(
        settings.database, settings.database_password_file, settings.incidents_per_hour
    ) as journal:
        desk = _desk(chain, settings, journal, signer, clock)
        staff = _staff(desk, replica)
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
            Custody(desk.watch, desk.rotator, list(staff.workers)),
            staff,
            Reception(desk, staff),
            Sessions(signer.derived("sessions of the status page"), tokens),
        )
        await _begin(switcher)
        holder = f"{socket.gethostname()}:{settings.port}"
        leased = under_leases(journal, holder, switcher.witnesses, desk.watch, staff.wake_all)
        async with leased, staff.chains.at_work(), _at_work(switcher):
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
    watch = Watch(chain, wall=wall, on_verdict=log_verdict, on_clock=log_clock)
    clock = watch.clock.now
    started = partial(watch.clock.at, watch.clock.steady())
    metrics = Metrics(
        {w.account: [p.name for p in w.producers] for w in chain.witnesses},
        lambda: watch.timekeeping.offset,
    )
    rotator = Rotator(watch, signer, journal, metrics, clock)
    follow_up = FollowUp(watch, journal, rotator, metrics, clock, settings.policy)
    return Desk(settings, watch, journal, rotator, follow_up, metrics, clock, started)


def _staff(desk: Desk, replica: ReplicaSettings | None) -> Staff:
    accounts = [witness.account for witness in desk.watch.settings.witnesses]
    workers = {account: Worker(desk, account) for account in accounts}
    return Staff(workers, Strangers(desk), _chain_staff(desk, replica))


def _chain_staff(desk: Desk, replica: ReplicaSettings | None) -> ChainStaff:
    metrics, watch = desk.metrics, desk.watch
    subjects = [Subject(Kind.NODE, node.name) for node in watch.settings.nodes]
    subjects += [Subject(Kind.PEER, peer.name) for peer in (replica.chain.nodes if replica else ())]
    keeper = _keeper(replica) if replica else None
    shown = ResolveMetrics(metrics.registry, metrics.count_decision, subjects, keeper)
    docket = Docket(desk.journal)
    rest = (desk.clock, desk.started, desk.focus)
    return ChainStaff(ChainDesk(desk.settings, watch, docket, shown, *rest), keeper)


def _keeper(replica: ReplicaSettings) -> Keeper:
    # Loaded where there is a replica, see `switcher.resolving.staff`.
    from switcher.resolving.keeper import Keeper  # noqa: PLC0415

    return Keeper(replica)


@asynccontextmanager
async def _at_work(switcher: Switcher) -> AsyncIterator[None]:
    loops = switcher.staff.loops
    watching = asyncio.create_task(keep_watching(switcher.watch), name="watch")
    waking = asyncio.create_task(wake_with_blocks(switcher.watch, loops), name="blocks")
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
