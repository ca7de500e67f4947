"""The shapes of what the switcher answers to programs about chains.

Lengths and depths are in blocks; None stands for what is not known (yet). The words are those of
`switcher.resolving.model` and `chains.standing`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """What the replica is verifying: so many blocks of so many (0: not known), of which peer."""

    verified: int
    total: int
    peer: str


@dataclass(frozen=True, slots=True)
class ReplicaStatus:
    """The replica of the peer chain; `trouble` is why it can't be used, empty while it can.

    `advertise` is the URL that peers are given, `max_depth` how many own blocks it gives up without
    a person.
    """

    trouble: str
    length: int | None
    tip: str | None
    advertise: str
    max_depth: int
    syncing: SyncStatus | None


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """How a peer stood towards the longest valid chain when the replica looked last.

    Where it left that chain: after the block of `divergence_height`, with `divergence_depth` blocks
    of its own.
    """

    name: str
    verdict: str
    length: int | None
    tip: str | None
    divergence_height: int | None
    divergence_depth: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class MatterStatus:
    """An open alert, or a person's order, about the chain of a node or a peer (`kind`)."""

    id: int
    cause: str
    kind: str
    name: str
    opened: float
    renewed: float
    decision: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class ChainsStatus:
    """What is known of chains and done about them.

    `acting`: this switcher decides; where several share a journal, `actor` is the one that last
    began to. `replica` is None where no peer chain is configured.
    """

    acting: bool
    actor: str | None
    replica: ReplicaStatus | None
    peers: list[PeerStatus]
    matters: list[MatterStatus]


@dataclass(frozen=True, slots=True)
class ResolvePreview:
    """What resolving a node or a peer (`kind`) would come to; nothing is done by asking for it.

    `decision` and `sentence` are what would be decided now. With `depth`, so many of the replica's
    own blocks would have to go first, which `allow_depth` allows or not. `refusal` says why the
    order would not even be taken, None where it would.
    """

    kind: str
    name: str
    decision: str
    sentence: str
    replica: ReplicaStatus | None
    peer: PeerStatus | None
    depth: int | None
    allow_depth: int | None
    refusal: str | None


@dataclass(frozen=True, slots=True)
class ResolveOrdered:
    """An order that is taken: the incident under which the journal tells of it."""

    incident: int
    kind: str
    name: str
