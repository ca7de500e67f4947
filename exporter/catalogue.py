"""Every metric of the exporter's own, named once.

Those of the peer chain are served only where it is followed. Figures about the process itself come
from prometheus_client (see `instruments`).

Timestamps instead of ages, base units, and amounts in whole core tokens.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's name, type ("gauge", "counter" or "histogram"), label names and HELP text."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str


_CATALOGUE: list[Metric] = []


def all_metrics() -> tuple[Metric, ...]:
    """Return the metrics that are worked out at each scrape, in the order of this file."""
    return tuple(_CATALOGUE)


def bitshares_metrics() -> tuple[Metric, ...]:
    """Return those of them that are about BitShares, which is always followed."""
    return tuple(metric for metric in _CATALOGUE if metric.name.startswith("bitshares_"))


def _define(kind: str, name: str, labels: str, text: str) -> Metric:
    metric = Metric(name, kind, tuple(labels.split()), text)
    _CATALOGUE.append(metric)
    return metric


def _gauge(name: str, labels: str, text: str) -> Metric:
    return _define("gauge", name, labels, text)


def _counter(name: str, labels: str, text: str) -> Metric:
    return _define("counter", name, labels, text)


# Nodes: the API endpoints that are asked what is true.

NODE_UP = _gauge(
    "bitshares_node_up",
    "node",
    "Whether the node answers and is on the configured chain (1) or not (0).",
)
NODE_CANONICAL = _gauge(
    "bitshares_node_canonical",
    "node",
    "Whether the node is on the longest valid chain that any node has, and not behind (1: it is).",
)
NODE_STATE = _gauge(
    "bitshares_node_state",
    "node state",
    "How the node stands towards the longest valid chain: 1 for its present state, 0 for others.",
)
NODE_HEAD_BLOCK = _gauge(
    "bitshares_node_head_block",
    "node",
    "Number of the newest block on the node, the length of its chain. Absent while it is down.",
)
NODE_HEAD_TIMESTAMP = _gauge(
    "bitshares_node_head_timestamp_seconds",
    "node",
    "Time of the newest block on the node. Absent while the node is down.",
)
NODE_IRREVERSIBLE_BLOCK = _gauge(
    "bitshares_node_irreversible_block",
    "node",
    "Number of the newest block that the node can't undo any more. Absent while it is down.",
)
NODE_DIVERGENCE = _gauge(
    "bitshares_node_divergence_blocks",
    "node",
    "Blocks on the node since it left the longest valid chain, 0 on it. Absent while it is down.",
)
NODE_DIVERGENCE_HEIGHT = _gauge(
    "bitshares_node_divergence_height",
    "node",
    "Newest height at which the node has that chain's block. Absent while down, or not known.",
)

# The chain.

CHAIN_PARTICIPATION = _gauge(
    "bitshares_chain_participation_ratio",
    "window",
    "Share of slots that got a block: of the last 8, of the last round (one a witness), or of 128.",
)
CHAIN_ACTIVE_WITNESSES = _gauge(
    "bitshares_chain_active_witnesses",
    "",
    "Number of witnesses that take turns in producing blocks.",
)
CHAIN_RECENTLY_MISSED = _gauge(
    "bitshares_chain_recently_missed_blocks",
    "",
    "The chain's own figure recently_missed_count: rises with missed slots, falls with blocks.",
)
CHAIN_NEXT_MAINTENANCE = _gauge(
    "bitshares_chain_next_maintenance_timestamp_seconds",
    "",
    "When votes are counted next, after which the set of active witnesses may be another one.",
)

CHAIN_STANDBY_VOTES = _gauge(
    "bitshares_chain_standby_votes",
    "",
    "Votes for the first witness that is not active, in core tokens. Absent where there is none.",
)

CLOCK_OFFSET = _gauge(
    "bitshares_clock_offset_seconds",
    "",
    "What the exporter's clock is ahead of the chain's (negative: behind). Absent while not known.",
)

# Witnesses. `witness` is the account's name, `signing_key` a public key.

WITNESS_INFO = _gauge(
    "bitshares_witness_info",
    "witness witness_id signing_key producer url",
    "Always 1; signing_key is the one in force, producer the configured host that holds it.",
)
WITNESS_RECENT_MISSED = _gauge(
    "bitshares_witness_recent_missed_blocks",
    "witness signing_key",
    "Slots missed within missed_window since the signing key last came into force, from blocks.",
)
WITNESS_PROVISIONAL_MISSED = _gauge(
    "bitshares_witness_provisional_missed_blocks",
    "witness signing_key",
    "Slots that passed empty since the newest block; the next block decides if they are charged.",
)
WITNESS_MISSED = _counter(
    "bitshares_witness_missed_blocks_total",
    "witness signing_key",
    "Slots missed with a signing key, counted once irreversible, since the exporter started.",
)
WITNESS_CHAIN_MISSED = _gauge(
    "bitshares_witness_chain_missed_blocks",
    "witness",
    "The chain's own figure total_missed: all slots that the witness ever missed, with any key.",
)
WITNESS_LAST_CONFIRMED = _gauge(
    "bitshares_witness_last_confirmed_block",
    "witness",
    "Number of the newest block that the witness produced.",
)
WITNESS_ACTIVE = _gauge(
    "bitshares_witness_active",
    "witness",
    "Whether the witness is voted in, so that slots are given to it (1) or not (0).",
)
WITNESS_VOTES = _gauge(
    "bitshares_witness_votes",
    "witness",
    "Votes for the witness, in core tokens.",
)
WITNESS_RANK = _gauge(
    "bitshares_witness_rank",
    "witness",
    "Place among all witnesses by votes, 1 for the most; the first ones are active.",
)
WITNESS_FEE_BALANCE = _gauge(
    "bitshares_witness_fee_balance",
    "witness",
    "What the witness account holds to pay fees with, in core tokens.",
)
WITNESS_NEXT_SLOT = _gauge(
    "bitshares_witness_next_slot_timestamp_seconds",
    "witness",
    "When the witness' next slot begins. Absent when it lies behind the next shuffle.",
)
WITNESS_PENDING_KEY = _gauge(
    "bitshares_witness_pending_key",
    "witness",
    "Whether a node shows a signing key that no block holds yet (1): an update is on its way.",
)
WITNESS_DOUBLE_PRODUCTION = _counter(
    "bitshares_witness_double_production_total",
    "witness",
    "Heights at which the witness signed two different blocks with one key: two hosts have it.",
)
PRICE_FEED_TIMESTAMP = _gauge(
    "bitshares_price_feed_timestamp_seconds",
    "witness asset",
    "When the witness last published a price of the asset.",
)

PRICE_FEED_NEWEST = _gauge(
    "bitshares_price_feed_newest_timestamp_seconds",
    "asset",
    "When anybody else than the configured witnesses last published a price of the asset.",
)
PRICE_FEED_MAX_AGE = _gauge(
    "bitshares_price_feed_max_age_seconds",
    "witness asset",
    "How much older than the newest of others the witness' price of the asset may be.",
)

# Producers: the hosts that can sign for a witness, each with a signing key of its own.

PRODUCER_UP = _gauge(
    "bitshares_producer_up",
    "witness producer signing_key",
    "Whether the producing host's own endpoint answers (1). Absent where none is configured.",
)
PRODUCER_HEAD_BLOCK = _gauge(
    "bitshares_producer_head_block",
    "witness producer signing_key",
    "Number of the newest block on the producing host. Absent while it is down.",
)
PRODUCER_CANONICAL = _gauge(
    "bitshares_producer_canonical",
    "witness producer signing_key",
    "Whether the host is on the longest valid chain, and not behind (1). Absent while not known.",
)
PRODUCER_SIGNING = _gauge(
    "bitshares_producer_signing",
    "witness producer signing_key",
    "Whether the producer's key is the one in force (1: it is on air), whether or not it is up.",
)
PRODUCER_LAST_SIGNED = _gauge(
    "bitshares_producer_last_signed_timestamp_seconds",
    "witness producer signing_key",
    "Time of the newest recent block that the producer's key signed. Absent without one.",
)

# Peers: the nodes of the peer chain.

PEER_UP = _gauge(
    "peer_chain_up",
    "peer",
    "Whether the peer answers (1) or not (0).",
)
PEER_CANONICAL = _gauge(
    "peer_chain_canonical",
    "peer",
    "Whether the peer has the longest valid chain that any peer has (1: it has).",
)
PEER_LENGTH = _gauge(
    "peer_chain_length_blocks",
    "peer",
    "Blocks on the peer; by its own word unless peer_chain_valid is 1. Absent while it is down.",
)
PEER_VALID = _gauge(
    "peer_chain_valid",
    "peer",
    "Whether every block on the peer keeps the rules (1). Absent while down, or not examined yet.",
)
PEER_DIVERGENCE = _gauge(
    "peer_chain_divergence_blocks",
    "peer",
    "Blocks on the peer since it left the longest valid chain, 0 on it. Absent unless valid.",
)
PEER_STATE = _gauge(
    "peer_chain_state",
    "peer state",
    "How the peer stands towards that chain: 1 for the present state, 0 for each of the others.",
)
PEER_TIP = _gauge(
    "peer_chain_tip_info",
    "peer hash",
    "Always 1; hash is that of the newest block on the peer. Absent unless its chain is valid.",
)

# Measured as it happens, not worked out at a scrape.

NODE_RPC_DURATION = Metric(
    "bitshares_node_rpc_duration_seconds",
    "histogram",
    ("node",),
    "How long the node took to answer a call.",
)
BUILD_INFO = Metric(
    "understudy_build_info",
    "gauge",
    ("version", "python"),
    "Always 1; the version of Understudy and of the Python that runs it.",
)
