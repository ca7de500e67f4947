"""What is true when a node may lie: what most of them say."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable

PATIENCE = 10.0
"""Seconds without any agreement after which a single node is believed."""

_CLAIMS_KEPT = 64
"""Of each node, so that a node that is some blocks late still agrees with the others."""


class Quorum:
    """Takes a claim for true once `majority` nodes have made it.

    While most nodes can't be reached, nothing could ever be agreed on; after `patience` seconds
    (of `clock`) with claims but without agreement one node's word is enough.
    """

    def __init__(
        self, majority: int, clock: Callable[[], float], patience: float = PATIENCE
    ) -> None:
        self._majority = majority
        self._clock = clock
        self._patience = patience
        self._claims: dict[str, deque[Hashable]] = {}
        self._claimants: dict[Hashable, set[str]] = {}
        self._agreed_at = self._heard_at = clock()
        self._left_out: Collection[str] = ()

    def leave_out(self, nodes: Collection[str]) -> None:
        """Have these nodes' claims count for nothing; the majority that is needed stays.

        While there are any, no single node's word is enough either.
        """
        self._left_out = nodes

    def carries(self, node: str, claim: Hashable) -> bool:
        """Note a node's claim and tell whether it may be believed."""
        if node in self._left_out:
            return self.agreed(claim)
        now = self._clock()
        if now - self._heard_at > self._patience:
            self._agreed_at = now  # all were silent: the patience begins anew
        self._heard_at = now
        self._note(node, claim)
        if self.agreed(claim):
            self._agreed_at = now
        alone = not self._left_out and now - self._agreed_at > self._patience
        return alone or self.agreed(claim)

    def agreed(self, claim: Hashable) -> bool:
        """Tell whether most nodes made a claim."""
        claimants = self._claimants.get(claim, set())
        return len(claimants.difference(self._left_out)) >= self._majority

    def _note(self, node: str, claim: Hashable) -> None:
        claimants = self._claimants.setdefault(claim, set())
        if node in claimants:
            return
        claimants.add(node)
        claims = self._claims.setdefault(node, deque())
        claims.append(claim)
        if len(claims) > _CLAIMS_KEPT:
            self._forget(node, claims.popleft())

    def _forget(self, node: str, claim: Hashable) -> None:
        claimants = self._claimants[claim]
        claimants.discard(node)
        if not claimants:
            del self._claimants[claim]
