"""The dashboard Peers: which nodes of the peer chain have the longest valid one."""

from __future__ import annotations

from grafana.alerts import named
from grafana.frame import Board, Choice, Event, Part, Row
from grafana.panels import BLOCKS, COUNT, NONE, About, Colours, bars, lines, tile, timeline
from grafana.queries import (
    LONGEST,
    Query,
    alerts,
    behind_longest,
    grown,
    happened,
    lately,
    most,
    now,
    standing,
)
from grafana.words import BAD, FINE, GOOD, UP, VALID, VERDICTS, WATCH, State, mapped, steps

_PEERS = '{peer=~"$peer"}'
_PEER = "{{peer}}"
_WORDS = ("canonical", "behind", "forked", "invalid", "unreachable", "unsynced")
_NONE = "no peers are configured, or no exporter is seen"
_OPEN = lately("node, peer, decision", "understudy_open_resolutions")


def _glance() -> Row:
    return Row.of(
        5,
        tile(
            About(
                "Peers on the chain",
                "Peers that have the longest valid chain that any peer has.",
                "PeerChainBehind",
                NONE,
                empty=_NONE,
            ),
            now("sum(max by (peer) (peer_chain_canonical))", "canonical peers"),
            Colours(mapped(State(0, "NONE", BAD)), steps(BAD, (1, WATCH), (2, GOOD))),
        ),
        tile(
            About(
                "Longest valid chain",
                "Its blocks, each of which has been verified.",
                "PeerChainInvalid",
                BLOCKS,
                empty=_NONE,
            ),
            now(LONGEST, "longest"),
            Colours(thresholds=steps(FINE)),
        ),
        tile(
            About(
                "Different chains",
                "Different newest blocks among the peers with a valid chain. More than one: some "
                "lag or have forked.",
                "PeerChainForked",
                NONE,
                empty=_NONE,
            ),
            now("count(max by (hash) (peer_chain_tip_info))", "tips"),
            Colours(mapped(State(1, "one", GOOD)), steps(WATCH)),
        ),
        tile(
            About(
                "Replica",
                "The switcher's verified copy, which peers that lag are shown. Without it no peer "
                "is brought to the longest chain.",
                "ReplicaDown",
                NONE,
                empty="no switcher with a replica is seen",
            ),
            now("max by (instance) (understudy_replica_up)", "{{instance}}"),
            Colours(mapped(*UP)),
        ),
    )


def _chains() -> Row:
    length = f"peer_chain_length_blocks{_PEERS}"
    return Row.of(
        8,
        lines(
            About(
                "Length of each peer's chain",
                "Its blocks, by the peer's own word unless its chain is valid, and those of each "
                "replica. A peer that is down has none.",
                "PeerChainBehind",
                BLOCKS,
                decimals=0,
            ),
            Query(most("peer", length), _PEER),
            Query(
                f"{most('instance', 'understudy_replica_length_blocks')}"
                f" and on (instance) {most('instance', 'understudy_replica_up')} == 1",
                "replica {{instance}}",
            ),
            stepped=True,
        ),
        lines(
            About(
                "Blocks that each peer lacks",
                "Of the longest valid chain. The switcher brings such a peer along; below 0 a peer "
                "claims more than is valid.",
                "PeerChainBehind",
                BLOCKS,
            ),
            Query(behind_longest(length), _PEER),
            stepped=True,
        ),
    )


def _validity() -> Row:
    valid = most("peer", f"peer_chain_valid{_PEERS}")
    up = most("peer", f"peer_chain_up{_PEERS}")
    return Row.of(
        8,
        timeline(
            About(
                "How each peer stands",
                "Towards the longest valid chain that any peer has. A gap: no exporter told.",
                "PeerChainBehind",
                NONE,
            ),
            Query(standing("peer_chain_state", "peer", _PEERS, _WORDS), _PEER),
            [VERDICTS[word] for word in _WORDS],
        ),
        timeline(
            About(
                "Validity",
                "Whether every block on the peer keeps the rules. The length of a chain that "
                "doesn't is a mere claim.",
                "PeerChainInvalid",
                NONE,
            ),
            Query(f"{valid} or 3 - {up}", _PEER),
            VALID,
        ),
        lines(
            About(
                "Divergence",
                "Blocks on each peer since it left the longest valid chain, 0 on it. Only of peers "
                "whose chain is valid.",
                "PeerChainForked",
                BLOCKS,
            ),
            Query(most("peer", f"peer_chain_divergence_blocks{_PEERS}"), _PEER),
            least=0,
            stepped=True,
        ),
    )


def _resolving() -> Row:
    nothing = f'label_replace(sum({_OPEN}) == 0, "decision", "nothing open", "", "")'
    return Row.of(
        8,
        timeline(
            About(
                "Whose chain is held or looked into",
                "Open alerts about the chain of a peer or of a node, by the switcher's decision. A "
                "gap: no switcher told.",
                "ResolutionHeld",
                NONE,
            ),
            Query(f"clamp_max({_OPEN} > 0, 1) or {nothing}", "{{peer}}{{node}} {{decision}}"),
            (State(0, "nothing open", GOOD), State(1, "open", WATCH)),
        ),
        bars(
            About(
                "What became of it",
                "Each step of bringing a peer to the longest valid chain: pinned, adopted, asked, "
                "converged and moved went well; the others failed.",
                "ResolutionFailed",
                COUNT,
                decimals=0,
            ),
            Query(happened("outcome", "understudy_resolutions_total", "outcome"), "{{outcome}}"),
        ),
    )


def _events() -> tuple[Event, ...]:
    converged = 'understudy_resolutions_total{outcome="converged"}'
    told = alerts("alertname, severity, peer", alertname=named("peers.yml", "resolutions.yml"))
    return (
        Event("Converged", f"{grown('outcome', converged)} > 0", "A peer was brought along.", FINE),
        Event("Alert", told, "{{alertname}} ({{severity}}) {{peer}}", BAD),
    )


PEERS = Board(
    "peers",
    "Peers",
    "Which nodes of the peer chain have the longest valid one, and what is done about the others.",
    [Choice("peer", "Peer", "peer_chain_up", "peer")],
    _events(),
    [
        Part("Peers", [_glance(), _chains(), _validity()]),
        Part("What is done about it", [_resolving()]),
    ],
)
