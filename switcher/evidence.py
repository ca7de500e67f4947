"""What a decision rests on: the chain as followed, the nodes as just read, the journal's record.

Pure: everything is copied out of the watch at one moment, so that a decision can be repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chains.bitshares.applied import MissedSlot
from chains.bitshares.follower import Follower
from chains.bitshares.keys import null_key
from chains.bitshares.objects import Names, WitnessIds
from chains.bitshares.offset import Timekeeping
from chains.bitshares.views import NodeView, ProducerView, majority_of
from chains.settings import ChainSettings, WitnessSettings
from switcher.hosts import Backup, Host, backups, host_in_force
from switcher.model import Cause, Incident, Record
from switcher.moment import Slots
from switcher.orders import expected_key, next_target
from switcher.transaction import latest_reference
from switcher.turnout import is_shared, turnout

DAY = 86_400.0
"""Seconds over which rotations count towards the daily budget."""

_STALE_SLOTS = 3


class Seen(Protocol):
    """What is known of the chain at this moment, as a `chains.bitshares.watch.Watch` shows it."""

    settings: ChainSettings
    follower: Follower
    names: Names | None

    @property
    def timekeeping(self) -> Timekeeping:
        """Return how the clock of this machine compares with the chain's."""

    @property
    def producers(self) -> Sequence[ProducerView]:
        """Return every producer of every witness in configured order."""

    def witness_ids(self, account: str) -> WitnessIds | None:
        """Return the ids behind an account, None if the chain does not know it (yet)."""


@dataclass(frozen=True, slots=True)
class NodeWord:
    """What one voting node says now; `shown_key` includes its pending state.

    `stale_after` is the age in seconds from which its own head would be stale.
    """

    name: str
    up: bool
    canonical: bool
    head_time: int | None
    shown_key: str | None
    detail: str
    stale_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a decision may look at. Times and ages in seconds, `participation` 0..1.

    `configured` and `on_chain`: whether the witness is in the configuration, and known to the
    chain. `misses` within the window speak against the key in force: those that it did not
    share with many. `has_signed`: it signed a block in its present term;
    `recovered`: it signed one since its last miss; `excused`: its host was away for all of them, at
    one stretch, and is well again. `host` holds the key in force, if the ring has
    it. `slots` are those that are, or may be, the witness' next. `stale_after` is the age from
    which a head shows that blocks have stopped, or stopped arriving. `lifetime` is what a
    transaction built now would have left at the head, None where it can't be built. `wanted` is
    whom an order wants on air next, None when it is through. `last_failed`: the last rotation was
    never taken by a node. `timekeeping` says
    how good the clock is that gave the time of the decision.
    """

    witness: str
    accused: str
    cause: Cause = Cause.ALERT
    by_ourselves: bool = False
    configured: bool = True
    on_chain: bool = True
    in_force: str | None = None
    null_key: str = ""
    misses: int = 0
    has_signed: bool = True
    recovered: bool = False
    excused: bool = False
    host: Host | None = None
    slots: Slots = field(default_factory=Slots)
    wanted: Backup | None = None
    head_time: int | None = None
    stale_after: float = 0.0
    lifetime: int | None = None
    participation: float = 0.0
    timekeeping: Timekeeping = field(default_factory=Timekeeping)
    nodes: tuple[NodeWord, ...] = ()
    ring: tuple[Backup, ...] = ()
    rotating: bool = False
    permitted: bool = False
    disarmed_by: str = ""
    last_rotation: float | None = None
    last_failed: bool = False
    spent: int = 0


def key_in_force(seen: Seen, account: str) -> str | None:
    """Return a witness' signing key for its next slot, None where the chain is not known yet."""
    ids = seen.witness_ids(account)
    term = seen.follower.term(ids.witness_id) if ids else None
    return term.key if term else None


def keys_in_question(seen: Seen, witness: WitnessSettings) -> frozenset[str]:
    """Return the keys against which an alert may lead to a rotation.

    That is the one in force; while it is not known, it may be any of the ring's.
    """
    key = key_in_force(seen, witness.account)
    if key is not None:
        return frozenset({key})
    return frozenset(producer.signing_key for producer in witness.producers)


def stranger(incident: Incident) -> Evidence:
    """Return the evidence about a witness that the configuration does not know."""
    return Evidence(incident.witness, incident.accused, configured=False)


def gather(
    seen: Seen, views: Sequence[NodeView], incident: Incident, record: Record, now: float
) -> Evidence:
    """Return the evidence about a configured witness; `views` are fresh readings of the nodes."""
    account, follower = incident.witness, seen.follower
    settings = seen.settings.witness(account)
    ids = seen.witness_ids(account)
    witness = ids.witness_id if ids else ""
    term = follower.term(witness)
    key = term.key if term else None
    head = follower.head
    arming = record.arming
    # What a person asks for is not held against a host's past: it may have been mended since.
    failures = () if incident.by_hand else record.rotations
    ring = backups(settings, seen.producers, failures, follower, now)
    watched_since = _watched_since(views)
    host = host_in_force(settings, seen.producers, follower, key, incident.opened, watched_since)
    misses = _own_misses(follower, witness)
    return Evidence(
        witness=account,
        accused=expected_key(incident, record),
        cause=Cause.ALERT if incident.by_ourselves else incident.cause,
        by_ourselves=incident.by_ourselves,
        on_chain=ids is not None or seen.names is None,
        in_force=key,
        null_key=null_key(seen.settings.prefix),
        misses=len(misses),
        has_signed=_has_signed(follower, witness),
        recovered=_recovered(follower, witness),
        excused=_excused(misses, host),
        host=host,
        slots=Slots(
            tuple(follower.possible_slots(witness)),
            follower.shuffle_due(),
            follower.rhythm.interval,
            follower.next_block_due(),
            follower.doubtful_slots(),
        ),
        wanted=next_target(incident, record, ring, key),
        head_time=head.time if head else None,
        stale_after=_stale_after(
            follower.rhythm.interval,
            follower.rhythm.skip_slots if head is not None and head.maintenance else 0,
        ),
        lifetime=_lifetime(follower),
        participation=turnout(follower.entries(), witness),
        timekeeping=seen.timekeeping,
        nodes=tuple(_word(view, account) for view in views),
        ring=ring,
        rotating=record.open_rotation is not None,
        permitted=arming.permits(by_hand=incident.by_hand, asked=incident.opened),
        disarmed_by=f"{arming.who}: {arming.why}" if arming.who else "",
        last_rotation=max((r.opened for r in record.rotations), default=None),
        last_failed=bool(record.rotations) and record.rotations[-1].failed,
        spent=record.spent(),
    )


def _watched_since(views: Sequence[NodeView]) -> float:
    """Return since when a majority of the nodes has been well without a break, 0 where none is."""
    needed, well = majority_of(len(views)), sorted(view.since for view in views if view.well)
    return well[needed - 1] if len(well) >= needed else 0.0


def _has_signed(follower: Follower, witness: str) -> bool:
    term = follower.term(witness)
    if term is None or term.since_block is None:
        return True
    signed = follower.last_signed(term.key)
    return signed is not None and signed.number > term.since_block


def _own_misses(follower: Follower, witness: str) -> Sequence[MissedSlot]:
    """Return the misses that speak against the witness: not those of a gap that hit many."""
    return [slot for slot in follower.recent_misses(witness) if not is_shared(slot)]


def _excused(misses: Sequence[MissedSlot], host: Host | None) -> bool:
    """Tell whether one absence that is over covers all misses: the next slot is the test of it."""
    if host is None or host.absence is None:
        return False
    gone, back = host.absence
    return bool(misses) and all(gone < slot.time <= back for slot in misses)


def _recovered(follower: Follower, witness: str) -> bool:
    misses, term = follower.recent_misses(witness), follower.term(witness)
    signed = follower.last_signed(term.key) if term else None
    return bool(misses) and signed is not None and signed.time > misses[-1].time


def _stale_after(interval: int, skipped: int) -> float:
    """Return the age from which a head is stale; after a maintenance some slots are skipped."""
    return float((_STALE_SLOTS + skipped) * interval)


def _lifetime(follower: Follower) -> int | None:
    reference, head = latest_reference(follower), follower.head
    return reference.expiration - head.time if reference and head else None


def _word(view: NodeView, account: str) -> NodeWord:
    reading = view.reading
    shown = reading.witnesses.get(account) if reading else None
    return NodeWord(
        name=view.name,
        up=view.up,
        canonical=view.canonical,
        head_time=reading.head_time if reading else None,
        shown_key=shown.signing_key if shown else None,
        detail=view.detail,
        stale_after=_stale_after(
            reading.interval, reading.skip_slots if reading.after_maintenance else 0
        )
        if reading
        else 0.0,
    )
