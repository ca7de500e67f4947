"""Whether all is well, as the switcher's status tells it: what people look for first. Pure.

`now` comes in; times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chains.bitshares.keys import null_key
from chains.bitshares.views import majority_of
from chains.standing import Verdict
from chains.words import spelled
from switcher.answers import AlertPath, IncidentStatus, NodeStatus, Status, WitnessStatus
from switcher.model import BY_HAND, Cause, Readiness
from switcher.resolving.answers import ChainsStatus
from switcher.times import lasting

STALLED = 30.0
"""Seconds without a block, ten slots of the main chain: more than a network's hiccup."""

_ABLE = (Readiness.READY, Readiness.UNWATCHED)


@dataclass(frozen=True, slots=True)
class Concern:
    """What is not as it should be: `what` it is about, and a sentence without a full stop.

    `trouble`: blocks are lost, or would be if a host died now. Else it is something to know of.
    """

    what: str
    text: str
    trouble: bool


def concerns_of(status: Status, now: float) -> list[Concern]:
    """Return what is not well, what is worst first; nothing where all is."""
    found = [
        *_alert_path(status),
        *_chain(status, now),
        *(each for witness in status.witnesses for each in _witness(witness)),
        *_chains(status.chains),
    ]
    if status.dry_run:
        found.append(Concern("switcher", "runs dry: it only says what it would do", trouble=False))
    for stranger in status.unknown_witnesses:
        text = f"alerts come about {stranger.witness}, which is not configured here"
        found.append(Concern("alerts", text, trouble=False))
    return sorted(found, key=lambda concern: not concern.trouble)


def _alert_path(status: Status) -> Iterator[Concern]:
    if status.alert_path == AlertPath.BROKEN:
        age = "ever" if status.heartbeat_age is None else f"for {lasting(status.heartbeat_age)}"
        yield Concern("alert path", f"is broken: no heartbeat has come {age}", trouble=True)
    elif status.alert_path == AlertPath.UNKNOWN:
        text = "is not known yet: no heartbeat has come since the start"
        yield Concern("alert path", text, trouble=False)


def _chain(status: Status, now: float) -> Iterator[Concern]:
    head = status.chain.head_time
    if head is None:
        yield Concern("chain", "is not followed yet", trouble=True)
    elif now - head > STALLED:
        yield Concern("chain", f"has had no block for {lasting(now - head)}", trouble=True)
    if status.clock.detail:
        yield Concern("clock", status.clock.detail, trouble=not status.clock.corrected)
    yield from _nodes(status.nodes)


def _nodes(nodes: list[NodeStatus]) -> Iterator[Concern]:
    poor = [node for node in nodes if not is_well(node)]
    needed = majority_of(len(nodes))
    if len(nodes) - len(poor) < needed:
        text = f"{len(nodes) - len(poor)} of {len(nodes)} can be used and {needed} must agree"
        yield Concern("nodes", f"{text}, so that nothing is rotated", trouble=True)
    for node in poor:
        word = "left out" if node.left_out else spelled(node.verdict)
        yield Concern(f"node {node.name}", f"is {word}{_told(node.detail)}", trouble=False)


def is_well(node: NodeStatus) -> bool:
    """Tell whether a node's word counts."""
    return node.up and node.verdict == Verdict.CANONICAL and not node.left_out


def _witness(witness: WitnessStatus) -> Iterator[Concern]:
    def concern(text: str, *, trouble: bool = False) -> Concern:
        return Concern(witness.witness, text, trouble)

    stopped = witness.signing_key is not None and witness.signing_key.endswith(null_key(""))
    if witness.on_air is None and witness.signing_key is None:
        yield concern("its key in force is not known yet", trouble=True)
    elif stopped:
        yield concern("is stopped by its owner with the null key", trouble=True)
    elif witness.on_air is None:
        text = f"nobody of its ring is on air; the key in force is {witness.signing_key}"
        yield concern(text, trouble=True)
    if witness.missed_blocks and not stopped:
        who = witness.on_air or "the key in force"
        blocks = "block" if witness.missed_blocks == 1 else "blocks"
        yield concern(f"{who} has missed {witness.missed_blocks} {blocks} lately")
    for incident in witness.incidents:
        yield concern(_told_incident(incident), trouble=incident.cause == Cause.ALERT)
    if witness.key_trouble:
        yield concern(
            f"nothing can be signed for it: {witness.key_trouble.rstrip('.')}", trouble=True
        )
    if not witness.acting and witness.actor is None:
        yield concern("no switcher acts for it", trouble=True)
    if not witness.armed:
        yield concern(f"is disarmed by {witness.armed_by}{_told(witness.armed_why)}")
    elif witness.budget_remaining == 0:
        yield concern("the day's budget of rotations is spent")
    yield from _backups(witness)


def _backups(witness: WitnessStatus) -> Iterator[Concern]:
    others = [each for each in witness.producers if not each.in_force]
    if not any(each.readiness in _ABLE for each in others):
        text = "no backup is ready, so that nobody could take over"
        yield Concern(witness.witness, text, trouble=True)
    for each in witness.producers:
        if each.readiness not in _ABLE:
            text = f"{each.name} is {each.readiness}{_told(each.detail)}"
            yield Concern(witness.witness, text, trouble=each.in_force)


def _told_incident(incident: IncidentStatus) -> str:
    """Return an open incident in words."""
    asked = "order" if incident.cause in BY_HAND else "incident"
    decision = spelled(incident.decision or "not decided yet")
    return f"{asked} {incident.id} is open, {decision}{_told(incident.sentence)}"


def _chains(chains: ChainsStatus) -> Iterator[Concern]:
    if chains.replica and chains.replica.trouble:
        yield Concern("replica", chains.replica.trouble, trouble=True)
    for peer in chains.peers:
        if peer.verdict != Verdict.CANONICAL:
            text = f"is {spelled(peer.verdict)}{_told(peer.detail)}"
            yield Concern(f"peer {peer.name}", text, trouble=False)
    for matter in chains.matters:
        decision = spelled(matter.decision or "not decided yet")
        text = f"incident {matter.id} is open, {decision}{_told(matter.sentence)}"
        yield Concern(f"{matter.kind} {matter.name}", text, trouble=matter.cause == Cause.ALERT)


def _told(detail: str) -> str:
    return f": {detail.rstrip('.')}" if detail else ""
