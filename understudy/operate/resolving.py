"""Having the chain of a node or a peer resolved, and following that in the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from chains.words import blocks
from switcher.model import Ending, Entry, EntryKind
from switcher.resolving.answers import PeerStatus, ReplicaStatus, ResolvePreview, SyncStatus
from understudy.errors import SwitcherGoneError
from understudy.operate.follow import Followed

_DONE = frozenset({Ending.RESOLVED, Ending.REPORTED})


@dataclass
class Resolving(Followed[ResolvePreview]):
    """An order to resolve somebody's chain.

    `syncing` is what the switcher's replica was verifying when it was looked at last.
    """

    body: Mapping[str, str | int]
    syncing: SyncStatus | None = None

    @property
    def ending(self) -> str | None:
        """How it ended, None while it goes on."""
        ended = [entry.value for entry in self.entries if entry.kind == EntryKind.ENDED]
        return ended[-1] if ended else None

    @property
    def over(self) -> bool:
        """Tell whether there is nothing more to wait for."""
        return self.ending is not None

    @property
    def done(self) -> bool:
        """Tell whether it came to what was asked for."""
        return self.ending in _DONE

    def look(self) -> ResolvePreview:
        """Return what it would come to."""
        self.plan = self.client.plan_resolving(self.body)
        return self.plan

    def give(self) -> int:
        """Give the order, and return its number."""
        self.incident = self.client.resolve(self.body).incident
        return self.incident

    def left_open(self) -> str:
        """Return what is unknown once the switcher went away and did not come back."""
        return (
            f"What came of order {self.incident} is unknown here. The switcher goes on with it "
            "once it is started."
        )

    def _fresh(self, remark: Callable[[str], None]) -> list[Entry]:
        found = super()._fresh(remark)
        if not found and self.gone_since is None:
            self.syncing = self._verifying()
        return found

    def _verifying(self) -> SyncStatus | None:
        try:
            replica = self.client.status().chains.replica
        except SwitcherGoneError:
            return None  # the next look into the journal tells that
        return replica.syncing if replica else None


def told(plan: ResolvePreview) -> Iterator[tuple[str, str]]:
    """Yield what an order would come to as pairs: a word, and what there is to say about it."""
    if plan.replica is not None:
        yield "replica", _replica(plan.replica)
    if plan.peer is not None:
        yield plan.kind, _peer(plan.peer)
    yield plan.decision, plan.sentence
    if plan.depth is not None and plan.refusal is None:
        given_up = f"{blocks(plan.depth)} of the replica's own, which were verified"
        yield "gives up", f"{given_up}, for the longer chain"


def _replica(replica: ReplicaStatus) -> str:
    if replica.length is None:
        return replica.trouble or "has not looked at the peers yet"
    return (
        f"has {blocks(replica.length)}, and gives up {replica.max_depth:,} at most without a person"
    )


def _peer(peer: PeerStatus) -> str:
    length = "unknown length" if peer.length is None else blocks(peer.length)
    return f"{peer.verdict}, {length}" + (f": {peer.detail}" if peer.detail else "")
