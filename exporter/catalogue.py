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
    "Whether the node is at the head of the longest valid chain that is known (1) or not (0).",
)
NODE_STATE = _gauge(
    "bitshares_node_state",
    "node state",
    "How the node compares with the longest valid chain: 1 for its present state, else 0.",
)
NODE_HEAD_BLOCK = _gauge(
    "bitshares_node_head_block",
    "node",
    "Number of the newest block on the node, the length of its chain. Absent while it is down.",
)
NODE_HEAD_TIMESTAMP = _gauge(
    "bitshares_node_head_timestamp_seconds",
    "node",
    "Unix time of the newest block on the node. Absent while the node is down.",
)
NODE_IRREVERSIBLE_BLOCK = _gauge(
    "bitshares_node_irreversible_block",
    "node",
    "Number of the newest block that the chain can't undo any more. Absent while it is down.",
)
NODE_DIVERGENCE = _gauge(
    "bitshares_node_divergence_blocks",
    "node",
    "Blocks on the node since it left the longest valid chain, 0 on it. Absent while it is down.",
)
NODE_DIVERGENCE_HEIGHT = _gauge(
    "bitshares_node_divergence_height",
    "node",
    "Newest height at which node and longest valid chain agree. Absent while down or unknown.",
)

# The chain.

CHAIN_PARTICIPATION = _gauge(
    "bitshares_chain_participation_ratio",
    "window",
    "Share (0 to 1) of slots that got a block: of the last 8, of the last round, or of 128.",
)
CHAIN_ACTIVE_WITNESSES = _gauge(
    "bitshares_chain_active_witnesses",
    "",
    "Number of witnesses that are voted in and take turns in producing blocks.",
)
CHAIN_RECENTLY_MISSED = _gauge(
    "bitshares_chain_recently_missed_blocks",
    "",
    "The chain's own figure recently_missed_count: rises with missed slots, falls with blocks.",
)
CHAIN_NEXT_MAINTENANCE = _gauge(
    "bitshares_chain_next_maintenance_timestamp_seconds",
    "",
    "Unix time at which votes are counted next, and who is active may change.",
)

CHAIN_STANDBY_VOTES = _gauge(
    "bitshares_chain_standby_votes",
    "",
    "Votes, in core tokens, of the first witness that is not active. Absent if all are.",
)

CLOCK_OFFSET = _gauge(
    "bitshares_clock_offset_seconds",
    "",
    "Seconds the exporter's clock is ahead of the chain's (negative: behind). Absent if unknown.",
)

# Witnesses. `witness` is the account's name, `signing_key` a public key.

WITNESS_INFO = _gauge(
    "bitshares_witness_info",
    "witness witness_id signing_key producer url",
    "Always 1. signing_key is the one in force, producer the configured host that has it.",
)
WITNESS_RECENT_MISSED = _gauge(
    "bitshares_witness_recent_missed_blocks",
    "witness signing_key",
    "Slots missed with the signing key in force, within missed_window (10 minutes by default).",
)
WITNESS_PROVISIONAL_MISSED = _gauge(
    "bitshares_witness_provisional_missed_blocks",
    "witness signing_key",
    "Slots that passed empty since the newest block; the next block decides if they count.",
)
WITNESS_MISSED = _counter(
    "bitshares_witness_missed_blocks_total",
    "witness signing_key",
    "Slots missed with a signing key since the exporter started, once they can't be undone.",
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
    "Whether the witness is voted in, so that it gets slots to produce blocks in (1) or not (0).",
)
WITNESS_VOTES = _gauge(
    "bitshares_witness_votes",
    "witness",
    "Votes for the witness, in core tokens, as they were counted last.",
)
WITNESS_RANK = _gauge(
    "bitshares_witness_rank",
    "witness",
    "Place among all witnesses by votes: 1 has most; the first ones are active.",
)
WITNESS_FEE_BALANCE = _gauge(
    "bitshares_witness_fee_balance",
    "witness",
    "Core tokens that the witness account holds; it pays the fees of rotations with them.",
)
WITNESS_NEXT_SLOT = _gauge(
    "bitshares_witness_next_slot_timestamp_seconds",
    "witness",
    "Unix time of the witness' next slot. Absent while the order of that round is not drawn yet.",
)
WITNESS_PENDING_KEY = _gauge(
    "bitshares_witness_pending_key",
    "witness",
    "Whether a node shows a signing key that no block holds yet (1), as before a key change.",
)
WITNESS_DOUBLE_PRODUCTION = _counter(
    "bitshares_witness_double_production_total",
    "witness",
    "Heights at which the witness signed two different blocks with one key: two hosts have it.",
)
PRICE_FEED_TIMESTAMP = _gauge(
    "bitshares_price_feed_timestamp_seconds",
    "witness asset",
    "Unix time at which the witness last published a price of the asset. Absent without one.",
)

PRICE_FEED_NEWEST = _gauge(
    "bitshares_price_feed_newest_timestamp_seconds",
    "asset",
    "Unix time of the newest price of the asset by anybody but the configured witnesses.",
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
    "Whether the host's own endpoint answers (1) or not (0). Absent where none is configured.",
)
PRODUCER_HEAD_BLOCK = _gauge(
    "bitshares_producer_head_block",
    "witness producer signing_key",
    "Number of the newest block on the producing host. Absent while it is down.",
)
PRODUCER_CANONICAL = _gauge(
    "bitshares_producer_canonical",
    "witness producer signing_key",
    "Whether the host is at the head of the longest valid chain (1) or not (0). Absent if unknown.",
)
PRODUCER_SIGNING = _gauge(
    "bitshares_producer_signing",
    "witness producer signing_key",
    "Whether the host's key is the one in force, so that it is on air (1) or not (0), up or down.",
)
PRODUCER_LAST_SIGNED = _gauge(
    "bitshares_producer_last_signed_timestamp_seconds",
    "witness producer signing_key",
    "Unix time of the newest recent block signed with the host's key. Absent without one.",
)

# Peers: the nodes of the peer chain.

PEER_UP = _gauge(
    "peer_chain_up",
    "peer",
    "Whether the node of the peer chain answers (1) or not (0).",
)
PEER_CANONICAL = _gauge(
    "peer_chain_canonical",
    "peer",
    "Whether the peer has the longest valid chain that any peer has (1) or not (0).",
)
PEER_LENGTH = _gauge(
    "peer_chain_length_blocks",
    "peer",
    "Blocks on the peer; by its own word unless peer_chain_valid is 1. Absent while it is down.",
)
PEER_VALID = _gauge(
    "peer_chain_valid",
    "peer",
    "Whether every block on the peer keeps the rules (1) or not (0). Absent while not examined.",
)
PEER_DIVERGENCE = _gauge(
    "peer_chain_divergence_blocks",
    "peer",
    "Blocks on the peer since it left the longest valid chain, 0 on it. Absent unless valid.",
)
PEER_STATE = _gauge(
    "peer_chain_state",
    "peer state",
    "How the peer compares with the longest valid chain: 1 for its present state, else 0.",
)
PEER_TIP = _gauge(
    "peer_chain_tip_info",
    "peer hash",
    "Always 1. hash is that of the newest block on the peer. Absent unless its chain is valid.",
)

# Measured as it happens, not worked out at a scrape.

NODE_RPC_DURATION = Metric(
    "bitshares_node_rpc_duration_seconds",
    "histogram",
    ("node",),
    "Seconds that the node took to answer a call.",
)
BUILD_INFO = Metric(
    "understudy_build_info",
    "gauge",
    ("version", "python"),
    "Always 1. The version of Understudy and of the Python that runs it.",
)
