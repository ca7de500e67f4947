"""The state of chains in the shapes of `switcher.resolving.answers`. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from chains.peer.findings import Standing
from peernode.resolution import Resolution
from peernode.settings import ReplicaSettings
from switcher.resolving.answers import (
    MatterStatus,
    PeerStatus,
    ReplicaStatus,
    SyncStatus,
)
from switcher.resolving.model import Matter


class Progress(Protocol):
    """How far verifying a chain is."""

    @property
    def verified(self) -> int:
        """Return how many blocks are verified."""

    @property
    def total(self) -> int:
        """Return how many there are, 0 where that is not known."""

    @property
    def peer(self) -> str:
        """Return whose chain it is."""


class Kept(Protocol):
    """The replica and what it saw last, as `switcher.resolving.keeper` has it."""

    @property
    def settings(self) -> ReplicaSettings:
        """Return what it was told."""

    @property
    def trouble(self) -> str:
        """Return why it can't be used, "" while it can."""

    @property
    def resolution(self) -> Resolution | None:
        """Return what it saw last."""

    @property
    def progress(self) -> Progress | None:
        """Return how far it is with what it verifies now, None where that is nothing."""


def replica_status(kept: Kept) -> ReplicaStatus:
    """Return the replica's state."""
    seen, progress, settings = kept.resolution, kept.progress, kept.settings
    return ReplicaStatus(
        trouble=kept.trouble,
        length=seen.length if seen else None,
        tip=seen.tip if seen else None,
        advertise=settings.advertise,
        max_depth=settings.max_depth,
        syncing=SyncStatus(progress.verified, progress.total, progress.peer) if progress else None,
    )


def peer_statuses(kept: Kept) -> list[PeerStatus]:
    """Return the peers as they were seen last, in configured order."""
    found = {each.peer: each for each in (kept.resolution.peers if kept.resolution else ())}
    names = (node.name for node in kept.settings.chain.nodes)
    return [peer_status(found[name]) for name in names if name in found]


def peer_status(standing: Standing) -> PeerStatus:
    """Return how a peer stood."""
    away = standing.divergence
    return PeerStatus(
        standing.peer,
        standing.verdict,
        standing.length,
        standing.tip,
        away.height if away else None,
        away.depth if away else None,
        standing.detail,
    )


def matter_statuses(matters: Iterable[Matter]) -> list[MatterStatus]:
    """Return open matters."""
    return [
        MatterStatus(
            m.id,
            m.cause,
            m.subject.kind,
            m.subject.name,
            m.opened,
            m.renewed,
            m.decision,
            m.sentence,
        )
        for m in matters
    ]
