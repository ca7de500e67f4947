"""The switcher's state in the shapes of `switcher.answers`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chains.bitshares.offset import Timekeeping
from chains.bitshares.views import NodeView, majority_of
from chains.settings import WitnessSettings
from switcher.answers import (
    AlertPath,
    ChainStatus,
    ClockStatus,
    DrillStatus,
    IncidentStatus,
    NodeStatus,
    ProducerStatus,
    RotationStatus,
    WitnessStatus,
)
from switcher.evidence import Seen
from switcher.hosts import backups
from switcher.model import Incident, Record, Rotation
from switcher.orders import Drilled
from switcher.settings import Policy


def alert_path(heartbeat: float | None, started: float, timeout: float, now: float) -> AlertPath:
    """Tell whether alerts still come through; unknown until one was due since the start."""
    # One that lies far ahead was noted by a clock that was wrong, and says nothing of now.
    if heartbeat is not None and abs(now - heartbeat) <= timeout:
        return AlertPath.OK
    return AlertPath.UNKNOWN if now - started <= timeout else AlertPath.BROKEN


def usable_nodes(nodes: Sequence[NodeView]) -> tuple[int, int]:
    """Return how many voting nodes are up and canonical, and how many are needed."""
    usable = sum(node.well for node in nodes)
    return usable, majority_of(len(nodes))


def sees_the_chain(nodes: Sequence[NodeView], kept: Timekeeping) -> bool:
    """Tell whether enough nodes are usable, and the clock is, to decide anything."""
    usable, needed = usable_nodes(nodes)
    return usable >= needed and not kept.hopeless


def chain_status(seen: Seen) -> ChainStatus:
    """Return the chain's head and irreversible block."""
    head = seen.follower.head
    if head is None:
        return ChainStatus(None, None, None)
    return ChainStatus(head.number, head.time, head.irreversible)


def clock_status(kept: Timekeeping) -> ClockStatus:
    """Return how the clock compares with the chain's."""
    return ClockStatus(kept.offset, kept.corrected, kept.sentence)


def node_statuses(nodes: Sequence[NodeView]) -> list[NodeStatus]:
    """Return the voting nodes in configured order."""
    return [
        NodeStatus(
            node.name,
            node.up,
            node.verdict,
            node.detail,
            node.reading.head_number if node.up and node.reading else None,
            node.left_out,
            node.divergence.height if node.divergence else None,
            node.divergence.depth if node.divergence else None,
        )
        for node in nodes
    ]


@dataclass(frozen=True, slots=True)
class Known:
    """What the journal knows of a witness, and who acts for it: `acting`, this switcher does.

    `key_trouble` keeps the keys at hand from signing for it; "" if nothing does, None if unknown.
    """

    record: Record
    drills: Sequence[Drilled] = ()
    acting: bool = True
    actor: str | None = None
    key_trouble: str | None = None


def witness_statuses(
    seen: Seen, known: Mapping[str, Known], policy: Policy, now: float
) -> list[WitnessStatus]:
    """Return the configured witnesses; what is `known` of them by account."""
    return [
        _witness(seen, witness, known[witness.account], policy, now)
        for witness in seen.settings.witnesses
    ]


def incident_statuses(incidents: Sequence[Incident]) -> list[IncidentStatus]:
    """Return open incidents."""
    return [
        IncidentStatus(
            i.id,
            i.cause,
            i.action,
            i.witness,
            i.signing_key,
            i.accused,
            i.opened,
            i.renewed,
            i.decision,
            i.sentence,
            i.planned,
        )
        for i in incidents
    ]


def _witness(
    seen: Seen,
    witness: WitnessSettings,
    known: Known,
    policy: Policy,
    now: float,
) -> WitnessStatus:
    record = known.record
    ids = seen.witness_ids(witness.account)
    witness_id = ids.witness_id if ids else ""
    term = seen.follower.term(witness_id)
    key = term.key if term else None
    on_air = witness.producer_of(key) if key else None
    ring = backups(witness, seen.producers, record.rotations, seen.follower, now)
    arming = record.arming
    return WitnessStatus(
        witness=witness.account,
        acting=known.acting,
        actor=known.actor,
        armed=arming.armed,
        armed_by=arming.who,
        armed_why=arming.why,
        armed_since=arming.since,
        signing_key=key,
        on_air=on_air.name if on_air else None,
        term_since_block=term.since_block if term else None,
        term_since=term.since_time if term else None,
        missed_blocks=len(seen.follower.recent_misses(witness_id)),
        next_slot=seen.follower.next_slots().get(witness_id),
        budget_remaining=max(0, policy.rotations_per_day - record.spent()),
        producers=[
            ProducerStatus(b.name, b.signing_key, b.signing_key == key, b.readiness, b.detail)
            for b in ring
        ],
        incidents=incident_statuses(record.incidents),
        rotation=_rotation(record.open_rotation),
        drills=[DrillStatus(d.producer, d.result, d.time) for d in known.drills],
        key_trouble=known.key_trouble,
    )


def _rotation(rotation: Rotation | None) -> RotationStatus | None:
    if rotation is None:
        return None
    draft = rotation.draft
    return RotationStatus(
        id=rotation.id,
        incident=draft.incident,
        by_hand=draft.by_hand,
        from_key=draft.from_key,
        to_key=draft.to_key,
        producer=draft.producer,
        transaction_id=draft.transaction_id,
        opened=rotation.opened,
        sent=rotation.sent,
        block=rotation.block,
        in_block=rotation.in_block,
        irreversible=rotation.irreversible,
        on_air=rotation.on_air,
    )
