"""The vocabulary of resolving: whose chain, what is decided about it, done, and what comes of it.

Each word is at once log text, metric label and journal value. Times are seconds since the epoch.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from switcher.model import Cause, Sighting


class Kind(StrEnum):
    """What has a chain: a node that is asked about BitShares, or a node of the peer chain."""

    NODE = "node"
    """A node that is asked about BitShares."""
    PEER = "peer"
    """A node of the peer chain."""


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """Whose chain it is about: a node or a peer by its configured name; "peer:p1" as text."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        """Return "KIND:NAME"."""
        return f"{self.kind}:{self.name}"

    @classmethod
    def named(cls, node: str | None, peer: str | None) -> Subject:
        """Return whichever is named.

        Raises:
            ValueError: neither is, or both are.
        """
        if node is not None and peer is None:
            return cls(Kind.NODE, node)
        if peer is not None and node is None:
            return cls(Kind.PEER, peer)
        raise ValueError("it must name a node or a peer, and not both")


def still_open(number: int, subject: Subject) -> str:
    """Return the sentence with which a second order is refused."""
    return f"Order {number} for {subject.name} is still open; wait for it."


class ResolveDecision(StrEnum):
    """What is made of a matter at one moment; all but `RESOLVE` and `REPORT` hold."""

    RESOLVE = "resolve"
    """The peer is behind: it is told where the longest valid chain is, and to adopt it."""
    REPORT = "report"
    """The node left the chain: who is relied upon until it is back is told."""
    NOT_CORROBORATED = "not_corroborated"
    """The node or peer has the longest valid chain."""
    UNKNOWN_NODE = "unknown_node"
    """No such node is configured."""
    UNKNOWN_PEER = "unknown_peer"
    """No such peer is configured."""
    NOT_QUORATE = "not_quorate"
    """No majority of the nodes is on one chain, so that nobody can say who left it."""
    UNREACHABLE = "unreachable"
    """The peer doesn't answer."""
    EQUAL_LENGTH = "equal_length"
    """The peer's fork is as long as the chain that is held, and is not fought."""
    TOO_DEEP = "too_deep"
    """A longer valid chain would take more than `peers.max_depth` of the replica's blocks."""
    NOT_LONGER = "not_longer"
    """The peer has as many blocks or more, so that it would not give them up."""
    INVALID = "invalid"
    """The peer's own chain breaks the rules; wiping it out takes a person's order."""
    NO_REPLICA = "no_replica"
    """There is no replica that could be shown, or it can't be used."""
    DRY_RUN = "dry_run"
    """It would resolve, and `policy.dry_run` forbids all acting."""


class ResolveOutcome(StrEnum):
    """What has become of an attempt; `ASKED` is written down before the peer is.

    `ADOPTED` is the replica's own giving way, with a person's consent.
    """

    PINNED = "pinned"
    """The canonical nodes alone are relied upon until the one that left is back."""
    ADOPTED = "adopted"
    """The replica gave up blocks of its own for a longer chain, as a person allowed."""
    ASKED = "asked"
    """The peer is being asked to register the replica and to resolve."""
    CONVERGED = "converged"
    """The peer has the longest valid chain."""
    MOVED = "moved"
    """The peer's chain has grown towards it, and is not there yet."""
    UNMOVED = "unmoved"
    """The peer's chain is what it was."""
    DIVERGED = "diverged"
    """The peer has another chain than before, and not the longest valid one."""
    REFUSED = "refused"
    """The peer answered with an error, and its chain is what it was."""
    UNREACHABLE = "unreachable"
    """The peer did not answer, or is gone."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for: who, why, and how many of the replica's own blocks may go for it.

    `allow_depth` None means as many as the configuration lets go without a person.
    """

    who: str
    why: str
    allow_depth: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A step towards bringing a peer back, as the journal tells it."""

    time: float
    outcome: ResolveOutcome
    sentence: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Matter:
    """A reason to look at somebody's chain, decided again until it is over.

    `alerts` holds the firing ones by fingerprint; `resolved` that none is left. `attempts` are all
    of them, oldest first. `wish` is a person's, with `Cause.MANUAL`.
    """

    id: int
    subject: Subject
    opened: float
    renewed: float
    resolved: bool = False
    decision: ResolveDecision | None = None
    sentence: str = ""
    alerts: Mapping[str, Sighting] = field(default_factory=dict)
    cause: Cause = Cause.ALERT
    wish: Wish | None = None
    attempts: tuple[Attempt, ...] = ()

    @property
    def under_way(self) -> Attempt | None:
        """Return the attempt of which nobody has seen yet what came of it."""
        last = self.attempts[-1] if self.attempts else None
        return last if last and last.outcome is ResolveOutcome.ASKED else None

    @property
    def borne_out(self) -> bool:
        """Tell whether its subject was found to be off the chain, or could not be looked at."""
        return self.decision not in (None, ResolveDecision.NOT_CORROBORATED)
