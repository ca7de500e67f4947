"""What the exporter needs to see; the watches of `chains` show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from chains.bitshares.follower import Follower
from chains.bitshares.objects import WitnessIds
from chains.bitshares.offset import Timekeeping
from chains.bitshares.ranking import Ranking
from chains.bitshares.views import NodeView, ProducerView
from chains.peer.views import PeerView
from chains.settings import ChainSettings


class Observed(Protocol):
    """What is known of BitShares nodes, chain and producers at this moment."""

    @property
    def settings(self) -> ChainSettings:
        """Return what is followed."""

    @property
    def follower(self) -> Follower:
        """Return the canonical chain's last blocks."""

    @property
    def nodes(self) -> Sequence[NodeView]:
        """Return the voting nodes in configured order."""

    @property
    def producers(self) -> Sequence[ProducerView]:
        """Return every producer of every witness in configured order."""

    @property
    def missed_totals(self) -> Mapping[tuple[str, str], int]:
        """Return the charged slots since the start, by (witness id, key)."""

    @property
    def double_productions(self) -> Mapping[str, int]:
        """Return how often each witness (id) signed two blocks of one height with one key."""

    @property
    def timekeeping(self) -> Timekeeping:
        """Return how the clock of this machine compares with the chain's."""

    def witness_ids(self, account: str) -> WitnessIds | None:
        """Return the ids behind an account, None where they are not known."""


class ObservedVotes(Protocol):
    """What is known of the votes at this moment."""

    @property
    def ranking(self) -> Ranking | None:
        """Return all witnesses by their votes, None while that is not known."""


class ObservedPeers(Protocol):
    """What is known of the peers at this moment."""

    @property
    def views(self) -> Sequence[PeerView]:
        """Return every peer in configured order."""
