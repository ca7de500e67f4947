"""What a decision rests on: the chain as followed, the nodes as just read, the journal's record.

Pure: everything is copied out of the watch at one moment, so that a decision can be repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from chains.bitshares.follower import Follower
from chains.bitshares.keys import null_key
from chains.bitshares.objects import Names, WitnessIds
from chains.bitshares.views import NodeView, ProducerView, Verdict
from chains.settings import ChainSettings, WitnessSettings
from switcher.model import UNSPENT, Incident, Outcome, Record, Rotation
from switcher.transaction import latest_reference
from switcher.turnout import turnout

DAY = 86_400.0
"""Seconds over which rotations count towards the daily budget."""

FAILED_LATELY = 3_600.0
"""Seconds for which a key that failed is passed over."""

_STALE_SLOTS = 3

_OTHERS_IN_TROUBLE = 2
"""Other witnesses that miss at the same moment from which it is the network's trouble."""


class Seen(Protocol):
    """What is known of the chain at this moment, as a `chains.bitshares.watch.Watch` shows it."""

    settings: ChainSettings
    follower: Follower
    names: Names | None

    @property
    def producers(self) -> Sequence[ProducerView]:
        """Return every producer of every witness in configured order."""

    def witness_ids(self, account: str) -> WitnessIds | None:
        """Return the ids behind an account, None if the chain does not know it (yet)."""


class Readiness(StrEnum):
    """What is known of a host that could take over."""

    READY = "ready"
    UNWATCHED = "unwatched"
    DOWN = "down"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Backup:
    """A producer of the ring; `detail` says in words why it is not ready."""

    name: str
    signing_key: str
    readiness: Readiness
    detail: str = ""


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
    chain. `misses` within the window speak against the key in force: of an accused one without
    those that it shared with many. `has_signed`: it signed a block in its present term;
    `recovered`: it signed one since its last miss. `stale_after` is the age from which a head shows
    that blocks have stopped, or stopped arriving. `lifetime` is what a transaction built now would
    have left at the head, None where it can't be built.
    """

    witness: str
    accused: str
    by_ourselves: bool = False
    configured: bool = True
    on_chain: bool = True
    in_force: str | None = None
    null_key: str = ""
    misses: int = 0
    has_signed: bool = True
    recovered: bool = False
    head_time: int | None = None
    stale_after: float = 0.0
    lifetime: int | None = None
    participation: float = 0.0
    nodes: tuple[NodeWord, ...] = ()
    ring: tuple[Backup, ...] = ()
    rotating: bool = False
    armed: bool = False
    disarmed_by: str = ""
    last_rotation: float | None = None
    spent: int = 0


def key_in_force(seen: Seen, account: str) -> str | None:
    """Return a witness' signing key for its next slot, None where the chain is not known yet."""
    ids = seen.witness_ids(account)
    term = seen.follower.term(ids.witness_id) if ids else None
    return term.key if term else None


def stranger(incident: Incident) -> Evidence:
    """Return the evidence about a witness that the configuration does not know."""
    return Evidence(incident.witness, incident.accused, configured=False)


def gather(
    seen: Seen, views: Sequence[NodeView], incident: Incident, record: Record, now: float
) -> Evidence:
    """Return the evidence about a configured witness; `views` are fresh readings of the nodes."""
    account, follower = incident.witness, seen.follower
    settings = next(w for w in seen.settings.witnesses if w.account == account)
    ids = seen.witness_ids(account)
    witness = ids.witness_id if ids else ""
    term = follower.term(witness)
    head = follower.head
    armed = record.arming
    return Evidence(
        witness=account,
        accused=incident.accused,
        by_ourselves=incident.by_ourselves,
        on_chain=ids is not None or seen.names is None,
        in_force=term.key if term else None,
        null_key=null_key(seen.settings.prefix),
        misses=len(follower.recent_misses(witness))
        if incident.by_ourselves
        else _own_misses(follower, witness),
        has_signed=_has_signed(follower, witness),
        recovered=_recovered(follower, witness),
        head_time=head.time if head else None,
        stale_after=_stale_after(
            follower.rhythm.interval,
            follower.rhythm.skip_slots if head is not None and head.maintenance else 0,
        ),
        lifetime=_lifetime(follower),
        participation=turnout(follower.entries(), witness),
        nodes=tuple(_word(view, account) for view in views),
        ring=backups(settings, seen.producers, record.rotations, follower, now),
        rotating=record.open_rotation is not None,
        armed=armed.armed,
        disarmed_by=f"{armed.who}: {armed.why}" if armed.who else "",
        last_rotation=max((r.opened for r in record.rotations), default=None),
        spent=record.spent(),
    )


def backups(
    witness: WitnessSettings,
    views: Sequence[ProducerView],
    rotations: Sequence[Rotation],
    follower: Follower,
    now: float,
) -> tuple[Backup, ...]:
    """Return the ring with what is known of each producer."""
    nodes = {v.producer.name: v.node for v in views if v.witness == witness.account}
    recent = [r for r in rotations if r.opened > now - FAILED_LATELY]
    ring = []
    for producer in witness.producers:
        readiness, detail = _readiness(
            producer.signing_key, nodes.get(producer.name), recent, follower
        )
        ring.append(Backup(producer.name, producer.signing_key, readiness, detail))
    return tuple(ring)


def _readiness(
    key: str, node: NodeView | None, recent: Sequence[Rotation], follower: Follower
) -> tuple[Readiness, str]:
    if _never_signed(key, recent, follower):
        return Readiness.FAILED, "missed its first slot when it was last put on air"
    if node is None:
        if any(r.draft.from_key == key and r.outcome not in UNSPENT for r in recent):
            return Readiness.FAILED, "was rotated away from lately, and has no endpoint to look at"
        return Readiness.UNWATCHED, "has no endpoint to look at"
    if node.up and node.verdict is Verdict.CANONICAL:
        return Readiness.READY, ""
    return Readiness.DOWN, node.detail


def _never_signed(key: str, recent: Sequence[Rotation], follower: Follower) -> bool:
    failed = [r for r in recent if r.draft.to_key == key and r.outcome is Outcome.NEVER_SIGNED]
    if not failed:
        return False
    signed = follower.last_signed(key)
    return signed is None or signed.number <= (failed[-1].block or 0)


def _has_signed(follower: Follower, witness: str) -> bool:
    term = follower.term(witness)
    if term is None or term.since_block is None:
        return True
    signed = follower.last_signed(term.key)
    return signed is not None and signed.number > term.since_block


def _own_misses(follower: Follower, witness: str) -> int:
    """Return how many misses speak against the witness: not those of a gap that hit many."""
    return sum(slot.others < _OTHERS_IN_TROUBLE for slot in follower.recent_misses(witness))


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
        canonical=view.verdict is Verdict.CANONICAL,
        head_time=reading.head_time if reading else None,
        shown_key=shown.signing_key if shown else None,
        detail=view.detail,
        stale_after=_stale_after(
            reading.interval, reading.skip_slots if reading.after_maintenance else 0
        )
        if reading
        else 0.0,
    )
