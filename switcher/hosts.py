"""What is known of a witness' hosts: the one on air, and those that could take over. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chains.bitshares.follower import Follower
from chains.bitshares.views import NodeView, ProducerView
from chains.settings import WitnessSettings
from chains.standing import Verdict
from switcher.model import Outcome, Readiness, Rotation

FAILED_LATELY = 3_600.0
"""Seconds for which a key that failed is passed over."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A producer of the ring; `detail` says in words why it is not ready.

    `since` (seconds since the epoch) is when its endpoint became well, or stopped being so.
    """

    name: str
    signing_key: str
    readiness: Readiness
    detail: str = ""
    since: float = 0.0

    @property
    def usable(self) -> bool:
        """Tell whether it may be put on air: nothing speaks against it."""
        return self.readiness in (Readiness.READY, Readiness.UNWATCHED)


class Condition(StrEnum):
    """How the host on air is doing, as far as its own endpoint tells."""

    WELL = "well"
    UNREACHABLE = "unreachable"
    ASTRAY = "astray"
    UNWATCHED = "unwatched"


@dataclass(frozen=True, slots=True)
class Host:
    """The host whose key is in force.

    `preempt` is the producer's setting. `lacks_since` (seconds since the epoch) is when the first
    canonical block came that it is not known to have, None while it lacks none. `signed_since`: it
    signed a block after it was last seen well, so it is its endpoint that fails. `absence` is the
    last one of a host that is well again: from the time of the last block that it had to when it
    was seen well.
    """

    name: str
    preempt: str
    condition: Condition
    detail: str = ""
    lacks_since: float | None = None
    signed_since: bool = False
    absence: tuple[float, float] | None = None

    @property
    def sick(self) -> bool:
        """Tell whether something is known against it."""
        return self.condition in (Condition.UNREACHABLE, Condition.ASTRAY)


def host_in_force(
    witness: WitnessSettings,
    views: Sequence[ProducerView],
    follower: Follower,
    key: str | None,
    accused_since: float,
    watched_since: float = 0.0,
) -> Host | None:
    """Return the host whose key is in force, None where that is no key of the ring.

    `accused_since` (seconds since the epoch) is when the incident about it began: of a host that
    was never seen well, as after a restart, that tells better since when it has not been.
    `watched_since` is when the chain came into view: a watcher that was cut off finds its way back
    to the nodes and to a host at different times, so an absence counts from then on.
    """
    producer = witness.producer_of(key) if key else None
    if producer is None:
        return None
    node = _nodes(witness, views).get(producer.name)
    condition = _condition(node)
    if node is None or condition in (Condition.WELL, Condition.UNWATCHED):
        absence = _absence(node, follower) if node and node.well else None
        return Host(producer.name, producer.preempt, condition, absence=absence)
    signed = follower.last_signed(producer.signing_key)
    lost = min(node.since, accused_since) if node.had is None else node.since
    lacks = _lacks_since(node, follower)
    return Host(
        producer.name,
        producer.preempt,
        condition,
        node.detail,
        lacks_since=None if lacks is None else max(lacks, watched_since),
        signed_since=signed is not None and signed.time > lost,
    )


def backups(
    witness: WitnessSettings,
    views: Sequence[ProducerView],
    rotations: Sequence[Rotation],
    follower: Follower,
    now: float,
) -> tuple[Backup, ...]:
    """Return the ring with what is known of each producer; `rotations` may tell of failures."""
    nodes = _nodes(witness, views)
    recent = [r for r in rotations if r.opened > now - FAILED_LATELY]
    ring = []
    for producer in witness.producers:
        node = nodes.get(producer.name)
        readiness, detail = _readiness(producer.signing_key, node, recent, follower)
        since = node.since if node else 0.0
        ring.append(Backup(producer.name, producer.signing_key, readiness, detail, since))
    return tuple(ring)


def _nodes(witness: WitnessSettings, views: Sequence[ProducerView]) -> dict[str, NodeView | None]:
    return {v.producer.name: v.node for v in views if v.witness == witness.account}


def _condition(node: NodeView | None) -> Condition:
    if node is None:
        return Condition.UNWATCHED
    if node.well:
        return Condition.WELL
    if not node.up:
        return Condition.UNREACHABLE
    return Condition.UNWATCHED if node.verdict is Verdict.UNSYNCED else Condition.ASTRAY


def _lacks_since(node: NodeView, follower: Follower) -> float | None:
    """Return when the first block came that a host is not known to have.

    The block's own time, so that how soon the loss was noticed doesn't matter; for a host that was
    never seen well, since when it has not been.
    """
    head, oldest = follower.head, follower.oldest
    if node.had is None or head is None or oldest is None:
        return node.since
    if node.had >= head.number:
        return None
    lacking = follower.applied(node.had + 1)
    return float(lacking.time) if lacking else min(float(oldest.time), node.since)


def _absence(node: NodeView, follower: Follower) -> tuple[float, float] | None:
    """Return the last absence of a node that is well, None where it had none or a longer one.

    Longer than the blocks that are kept.
    """
    last = None if node.had_before is None else follower.applied(node.had_before)
    return (float(last.time), node.since) if last else None


def _readiness(
    key: str, node: NodeView | None, recent: Sequence[Rotation], follower: Follower
) -> tuple[Readiness, str]:
    if _never_signed(key, recent, follower):
        return Readiness.FAILED, "missed its first slot when it was last put on air"
    left = next((r for r in reversed(recent) if r.draft.from_key == key and r.accuses), None)
    if node is None:
        if left is not None:
            return Readiness.FAILED, "was rotated away from lately, and has no endpoint to look at"
        return Readiness.UNWATCHED, "has no endpoint to look at"
    if not node.well:
        return Readiness.DOWN, node.detail
    if left is not None and node.since < left.opened and not _has_signed(key, left, follower):
        return Readiness.FAILED, "failed lately although its endpoint looked well"
    return Readiness.READY, ""


def _never_signed(key: str, recent: Sequence[Rotation], follower: Follower) -> bool:
    failed = [r for r in recent if r.draft.to_key == key and r.outcome is Outcome.NEVER_SIGNED]
    if not failed:
        return False
    return not _has_signed(key, failed[-1], follower)


def _has_signed(key: str, since: Rotation, follower: Follower) -> bool:
    signed = follower.last_signed(key)
    return signed is not None and signed.number > (since.block or 0)
