"""The dashboard Network: is the chain well, and which nodes tell the truth about it."""

from __future__ import annotations

from chains.standing import Verdict
from grafana.alerts import named
from grafana.frame import Board, Choice, Event, Part, Row
from grafana.panels import (
    BLOCKS,
    COUNT,
    NONE,
    NOT_RECORDED,
    SECONDS,
    SHARE,
    WHEN,
    About,
    Colours,
    gauges,
    lines,
    tile,
    timeline,
)
from grafana.queries import Query, age, alerts, most, now, standing
from grafana.rules import limit_of
from grafana.words import BAD, FINE, GOOD, VERDICTS, WATCH, State, mapped, steps
from switcher.settings import Policy

_NODES = '{node=~"$node"}'
_NODE = "{{node}}"
_LEAST = Policy().min_participation
_OFF = limit_of("ClockOff")


def _glance() -> Row:
    return Row.of(
        5,
        tile(
            About(
                "Nodes on the chain",
                "Nodes that are on the longest valid chain and not behind. With none of them no "
                "miss is seen and nothing is rotated.",
                "NoNodeCanonical",
                NONE,
            ),
            now("sum(max by (node) (bitshares_node_canonical))", "canonical nodes"),
            Colours(mapped(State(0, "NONE", BAD)), steps(BAD, (1, WATCH), (2, GOOD))),
        ),
        tile(
            About(
                "Age of the head block",
                "Of the newest block that any node has.",
                "ChainStalled",
                SECONDS,
                decimals=0,
            ),
            now("time() - max(bitshares_node_head_timestamp_seconds)", "head block"),
            Colours(thresholds=steps(GOOD, (12, WATCH), (limit_of("ChainStalled"), BAD))),
        ),
        tile(
            About(
                "Participation now",
                "Share of the last round's slots that got a block. Below policy.min_participation "
                f"({_LEAST * 100:.0f} %) nobody is rotated: it is the network that has a problem.",
                "ChainStalled",
                SHARE,
                decimals=0,
            ),
            now('max(bitshares_chain_participation_ratio{window="round"})', "last round"),
            Colours(thresholds=steps(BAD, (_LEAST, WATCH), (0.9, GOOD))),
        ),
        tile(
            About(
                "Active witnesses",
                "Witnesses that take turns in producing blocks.",
                "ChainStalled",
                NONE,
            ),
            now("max(bitshares_chain_active_witnesses)", "active"),
            Colours(thresholds=steps(FINE)),
        ),
        tile(
            About(
                "Votes are counted",
                "The next maintenance, after which other witnesses may be active. A few slots "
                "stay empty then.",
                "ChainStalled",
                WHEN,
            ),
            now("max(bitshares_chain_next_maintenance_timestamp_seconds) * 1000", "next"),
            Colours(thresholds=steps(FINE)),
        ),
        tile(
            About(
                "Clocks ahead",
                "What the clock of each exporter and switcher is ahead of the chain's; below 0 "
                "it is behind. Understudy makes up for it, Prometheus does not.",
                "ClockOff",
                SECONDS,
            ),
            now(
                "max by (instance)"
                " (bitshares_clock_offset_seconds or understudy_clock_offset_seconds)",
                "{{instance}}",
            ),
            Colours(thresholds=steps(BAD, (-_OFF, GOOD), (_OFF, BAD))),
        ),
    )


def _participation() -> Row:
    return Row.of(
        8,
        lines(
            About(
                "Participation",
                "Share of slots that got a block: of the last 8, of the last round (one a "
                "witness), of 128. Below the dashed line nobody is rotated.",
                "ChainStalled",
                SHARE,
            ),
            Query(most("window", "bitshares_chain_participation_ratio"), "window {{window}}"),
            limits=steps(BAD, (_LEAST, GOOD)),
            least=0,
            most=1,
        ),
        lines(
            About(
                "Recently missed, by the chain",
                "The chain's own recently_missed_count: up with missed slots, down with blocks.",
                "ChainStalled",
                COUNT,
            ),
            Query("max(bitshares_chain_recently_missed_blocks)", "recently_missed_count"),
            least=0,
            stepped=True,
        ),
    )


def _standing() -> Row:
    return Row.of(
        8,
        timeline(
            About(
                "How each node stands",
                "Towards the longest valid chain that any node has. Only canonical ones have a "
                "say. A gap: no exporter told.",
                "NodeForked",
                NONE,
            ),
            Query(standing("bitshares_node_state", "node", _NODES, Verdict), _NODE),
            VERDICTS.values(),
        ),
        lines(
            About(
                "Fork depth",
                "Blocks on each node since it left the longest valid chain. One is common and over "
                "with the next block.",
                "NodeForked",
                BLOCKS,
            ),
            Query(most("node", f"bitshares_node_divergence_blocks{_NODES}"), _NODE),
            least=0,
            stepped=True,
        ),
    )


def _heads() -> Row:
    head = most("node", f"bitshares_node_head_block{_NODES}")
    final = most("node", f"bitshares_node_irreversible_block{_NODES}")
    return Row.of(
        8,
        lines(
            About(
                "Head and irreversible block",
                "The newest block of each node, and the newest that it can't undo any more. A node "
                "that is down has none.",
                "NodeBehind",
                BLOCKS,
                decimals=0,
            ),
            Query(head, "{{node}}: head"),
            Query(final, "{{node}}: irreversible"),
        ),
        lines(
            About(
                "Blocks that can still be undone",
                "From the irreversible block to the head of each node. It grows while more than a "
                "third of the witnesses is away.",
                "ChainStalled",
                BLOCKS,
            ),
            Query(f"{head} - {final}", _NODE),
            least=0,
        ),
        lines(
            About(
                "Age of each node's head block",
                "From the time of its slot.",
                "NodeBehind",
                SECONDS,
            ),
            Query(age("node", f"bitshares_node_head_timestamp_seconds{_NODES}"), _NODE),
            limits=steps(GOOD, (limit_of("NodeBehind"), BAD)),
            least=0,
        ),
    )


def _answers() -> Row:
    latency = "node:bitshares_node_rpc_duration_seconds"
    return Row.of(
        8,
        lines(
            About(
                "Time to answer",
                "How long each node took to answer a call: half of the calls of five minutes took "
                "less than the lower line, 95 of 100 less than the upper.",
                "NodeDown",
                SECONDS,
                empty=NOT_RECORDED,
            ),
            Query(most("node", f"{latency}:p50_5m{_NODES}"), "{{node}}: half"),
            Query(most("node", f"{latency}:p95_5m{_NODES}"), "{{node}}: 95 of 100"),
            least=0,
        ),
        gauges(
            About(
                "On the chain, of a day",
                "Share of the last 24 hours' scrapes in which the node was canonical. One that "
                "mostly isn't does little good among those that vote.",
                "NodeDown",
                SHARE,
                empty=NOT_RECORDED,
            ),
            now(most("node", f"node:bitshares_node_canonical:avg1d{_NODES}"), _NODE),
            colours=Colours(thresholds=steps(BAD, (0.9, WATCH), (0.99, GOOD))),
            most=1,
        ),
    )


def _alert() -> Event:
    about_nodes = f"{named('chain.yml', 'seed-nodes.yml')}|NodeForked|ClockOff"
    told = alerts("alertname, severity, node", alertname=about_nodes)
    return Event("Alert", told, "{{alertname}} ({{severity}}) {{node}}", BAD)


NETWORK = Board(
    "network",
    "Network",
    "Whether the chain is well, and which nodes tell the truth about it.",
    [Choice("node", "Node", "bitshares_node_up", "node")],
    [_alert()],
    [
        Part("The chain", [_glance(), _participation()]),
        Part("Nodes", [_standing(), _heads(), _answers()]),
    ],
)
