"""The shapes of what the switcher answers to programs, its own command line among them.

Times are seconds since the epoch; None stands for what is not known (yet). The words are those of
`switcher.model`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from switcher.model import Entry
from switcher.resolving.answers import ChainsStatus

SILENCE = 10.0
"""Seconds after which who listens to events is told that nothing is new."""


class AlertPath(StrEnum):
    """Whether the dead man's switch still comes."""

    OK = "ok"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A voting node; `left_out`: its word doesn't count until it has been well for a round.

    Where it left the longest valid chain: after the block of `divergence_height`, with
    `divergence_depth` blocks of its own.
    """

    name: str
    up: bool
    verdict: str
    detail: str
    head_block: int | None
    left_out: bool
    divergence_height: int | None
    divergence_depth: int | None


@dataclass(frozen=True, slots=True)
class ClockStatus:
    """How the switcher's clock compares with the chain's.

    `offset` is what it is ahead (negative: behind) in seconds, None while too few blocks have told;
    `corrected`: it is made up for, in all times here; `detail` is for people, empty where it is
    good.
    """

    offset: float | None
    corrected: bool
    detail: str


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """The chain as it is followed."""

    head_block: int | None
    head_time: int | None
    irreversible_block: int | None


@dataclass(frozen=True, slots=True)
class ProducerStatus:
    """A host of the ring; `readiness` as a decision would see it."""

    name: str
    signing_key: str
    in_force: bool
    readiness: str
    detail: str


@dataclass(frozen=True, slots=True)
class IncidentStatus:
    """An open incident: an alert's, or an order. `planned` is when a rotation is due, if it is."""

    id: int
    cause: str
    action: str
    witness: str
    signing_key: str
    accused: str
    opened: float
    renewed: float
    decision: str | None
    sentence: str
    planned: float | None


@dataclass(frozen=True, slots=True)
class RotationStatus:
    """The rotation that is under way."""

    id: int
    incident: int
    by_hand: bool
    from_key: str
    to_key: str
    producer: str
    transaction_id: str | None
    opened: float
    sent: float | None
    block: int | None
    in_block: float | None
    irreversible: float | None
    on_air: float | None


@dataclass(frozen=True, slots=True)
class DrillStatus:
    """When a drill last showed something of a producer."""

    producer: str
    result: str
    time: float


@dataclass(frozen=True, slots=True)
class WitnessStatus:
    """A configured witness.

    `on_air` names the host whose key is in force, if it is in the ring; `next_slot` is when the
    witness' next slot begins, None where the next shuffle decides that. `acting`: this switcher
    decides about it; where several share a journal, `actor` is the one that last began to.
    `key_trouble` says why the keys at hand can't sign for it: "" where they can, None where that is
    not known yet.
    """

    witness: str
    acting: bool
    actor: str | None
    armed: bool
    armed_by: str
    armed_why: str
    armed_since: float
    signing_key: str | None
    on_air: str | None
    term_since_block: int | None
    term_since: int | None
    missed_blocks: int
    next_slot: int | None
    budget_remaining: int
    producers: list[ProducerStatus]
    incidents: list[IncidentStatus]
    rotation: RotationStatus | None
    drills: list[DrillStatus]
    key_trouble: str | None

    def last_drill(self, producer: str) -> DrillStatus | None:
        """Return what the newest drill of a host showed, None where there was none."""
        of_host = [drill for drill in self.drills if drill.producer == producer]
        return max(of_host, key=lambda drill: drill.time, default=None)


@dataclass(frozen=True, slots=True)
class Status:
    """All of it. `quorum` says what is lost where one or two nodes vote, else it is empty.

    `journal` is the newest entry as "ID:HASH", to be noted for `understudy journal verify`.
    """

    now: float
    alert_path: AlertPath
    quorum: str
    heartbeat: float | None
    heartbeat_age: float | None
    clock: ClockStatus
    dry_run: bool
    chain: ChainStatus
    nodes: list[NodeStatus]
    witnesses: list[WitnessStatus]
    unknown_witnesses: list[IncidentStatus]
    chains: ChainsStatus
    journal: str

    def of(self, account: str) -> WitnessStatus | None:
        """Return a configured witness by its account, None if there is none."""
        return next((each for each in self.witnesses if each.witness == account), None)


@dataclass(frozen=True, slots=True)
class Objection:
    """What holds an order at present: a decision, and the sentence for people."""

    decision: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What an order would do; nothing is done by asking for it.

    `route` are the producers that go on air in turn, `back` who is on air in the end where that is
    somebody else. `slots` begin at these times (seconds since the epoch) and are, or after the
    next shuffle may be, the witness' next. `round_seconds` is how long all active witnesses take
    to have a slot each. `fee` (of each update) and `balance` in core tokens, None where the nodes
    did not agree on them. `objections` hold it; the last one, `not_yet`, is only the wait for a gap
    between two slots. `refusal` says why it would not even be taken, None where it would.
    """

    witness: str
    signing_key: str
    on_air: str | None
    route: list[str]
    back: str | None
    slots: list[int]
    round_seconds: int
    core_symbol: str
    fee: float | None
    balance: float | None
    updates: int
    may_sign: bool | None
    planned: float | None
    objections: list[Objection]
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order that is taken: the incident under which the journal tells of it."""

    incident: int
    witness: str
    route: list[str]


@dataclass(frozen=True, slots=True)
class ArmingState:
    """A witness as it is armed now."""

    witness: str
    armed: bool
    who: str
    why: str
    since: float


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Entries, newest first; `before` asks for the next page, None when there is none."""

    entries: list[Entry]
    before: int | None
