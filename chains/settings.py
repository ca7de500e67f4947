"""What the watchers of a chain are told, as typed values; `understudy` fills them in."""

from __future__ import annotations

from dataclasses import dataclass, field

from chains.peer.blocks import Proof, Rule

MAIN_CHAIN_ID = "4018d7844c78f6a6c41c6a552b898022310fc5dec06da467ee7905a8dad512c8"
MAIN_SYMBOL = "BTS"
"""What the main chain's core asset is called; public keys there begin with it, too."""


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """An API node: its name in metrics and logs, and its websocket URL (ws:// or wss://)."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class ProducerSettings:
    """A host that can sign for a witness.

    `signing_key` is the text of its own public key; `node` is that host's own API endpoint, if any;
    `preempt` is one of "all", "lagging", "never".
    """

    name: str
    signing_key: str
    node: str | None = None
    preempt: str = "all"


@dataclass(frozen=True, slots=True)
class WitnessSettings:
    """A witness account, its producers in ring order, and the feeds that it publishes.

    `feed_max_age` (seconds) is how much older than the newest of others a feed may be; None: a
    day, or as long as a feed counts on the chain, where that is less.
    """

    account: str
    producers: tuple[ProducerSettings, ...]
    feeds: tuple[str, ...] = ()
    feed_max_age: int | None = None

    def producer_of(self, signing_key: str) -> ProducerSettings | None:
        """Return the producer that holds a signing key, None for a key from outside the ring."""
        return next((p for p in self.producers if p.signing_key == signing_key), None)


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """The chain, the nodes that vote on what is true, and the witnesses to watch.

    `missed_window` in seconds; `call_timeout` is the deadline of one call to a node, in seconds.
    `verify_blocks` is how many blocks are verified at the start, at least; None: back to the
    irreversible one.
    """

    nodes: tuple[NodeSettings, ...]
    witnesses: tuple[WitnessSettings, ...]
    chain_id: str = MAIN_CHAIN_ID
    prefix: str = MAIN_SYMBOL
    core_symbol: str = MAIN_SYMBOL
    missed_window: int = 600
    head_lag: int = 2
    call_timeout: float = 3.0
    verify_blocks: int | None = None

    @property
    def endpoints(self) -> int:
        """Return how many nodes and producers' own endpoints there are."""
        producers = (each for witness in self.witnesses for each in witness.producers)
        return len(self.nodes) + sum(each.node is not None for each in producers)

    def witness(self, account: str) -> WitnessSettings:
        """Return a configured witness.

        Raises:
            KeyError: there is none of this account.
        """
        for witness in self.witnesses:
            if witness.account == account:
                return witness
        raise KeyError(account)


@dataclass(frozen=True, slots=True)
class PeerSettings:
    """A node of the peer chain: its name in metrics and logs, and its URL (http:// or https://)."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class PeerChainSettings:
    """The peer chain and those of its nodes that somebody named, whom he thereby allows anywhere.

    `allowed` are networks (CIDR) in which an address that a caller names may lie although it is
    not public. Durations are seconds: `probe_timeout` for one question to a peer, `deadline` for
    finding and fetching the longest chain. `max_bytes` is the most that one peer's chain may take
    as JSON.
    """

    nodes: tuple[PeerSettings, ...] = ()
    proof: Proof = field(default_factory=lambda: Proof(Rule.PAIR))
    allowed: tuple[str, ...] = ()
    probe_timeout: float = 5.0
    deadline: float = 120.0
    max_bytes: int = 1_000_000_000
