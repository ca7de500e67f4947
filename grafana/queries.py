"""Queries in Prometheus' language, put together.

Every figure is taken by `max` or `min` over those who tell it, so that several exporters,
switchers or replicas of Prometheus tell it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grafana.words import VERDICTS

SHARE = "$__interval"
"""The time that one point of a graph stands for."""

EVENT = "$__rate_interval"
"""A little more than that, and several scrapes at least."""

OURS = '{witness=~"$witness"}'
"""Of the witnesses that are chosen."""

HOST_OF = "witness, producer"
NAMED = "{{witness}}: {{producer}}"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked, what a series is called (with its labels in `{{…}}`), and when.

    An `instant` query is asked for the newest figure only.
    """

    expr: str
    legend: str
    instant: bool = False


def now(expr: str, legend: str) -> Query:
    """Return a query for the newest figure."""
    return Query(expr, legend, instant=True)


def most(labels: str, metric: str) -> str:
    """Return the greatest of what is told of each, such as `most("node", "bitshares_node_up")`."""
    return f"max by ({labels}) ({metric})"


def age(labels: str, metric: str) -> str:
    """Return the seconds since a time."""
    return f"time() - {most(labels, metric)}"


def grown(labels: str, counter: str) -> str:
    """Return by how much a counter has grown within the time that a point stands for.

    By differences, since `increase` makes fractions of whole events, and by those of the same
    process: one that starts anew begins at 0. No event falls between two points or into both.
    """
    return most(labels, f"clamp_min({counter} - {counter} offset {SHARE}, 0)")


LONGEST = "max(peer_chain_length_blocks and peer_chain_valid == 1)"
"""Blocks of the longest chain that is valid."""


def happened(labels: str, counter: str, kind: str) -> str:
    """Return what a counter of events has grown by, and where nothing happened a 0 that says so.

    `kind` is the label that tells events apart; "nothing" stands in it then. Where nobody tells
    there is nothing at all.
    """
    events = grown(labels, counter)
    return f'{events} > 0 or label_replace(sum({events}) == 0, "{kind}", "nothing", "", "")'


def lately(labels: str, metric: str) -> str:
    """Return the greatest that there was within a point's time: nothing short slips through."""
    return most(labels, f"max_over_time({metric}[{EVENT}])")


def alerts(labels: str, **matchers: str) -> str:
    """Return which alerts fired; the values of matchers are patterns."""
    asked = ", ".join(f'{name}=~"{value}"' for name, value in matchers.items())
    firing = f'ALERTS{{alertstate="firing", {asked}}}'
    return lately(labels, firing)


def behind_longest(length: str) -> str:
    """Return how many blocks each peer lacks of the longest chain that is valid."""
    return f"scalar({LONGEST}) - {most('peer', length)}"


def standing(metric: str, of: str, chosen: str, words: Iterable[str]) -> str:
    """Return the figure in `words.VERDICTS` of how each node or peer stands.

    Where two exporters see it differently, the first of `words` that one of them sees.
    """
    return " or ".join(
        f"{VERDICTS[word].figure} * ({most(of, within(metric + chosen, state=word))} == 1)"
        for word in words
    )


def hosts() -> str:
    """Return the figure in `words.HOST` of how each producing host is."""
    return (
        f"{most(HOST_OF, f'bitshares_producer_canonical{OURS}')} + 1"
        f" or {most(HOST_OF, f'bitshares_producer_up{OURS}')} * 3"
        f" or {most(HOST_OF, f'bitshares_producer_signing{OURS}')} * 0 + 4"
    )


def foreign_key() -> str:
    """Return 1 for each witness whose key in force none of its configured hosts holds."""
    info = within(f"bitshares_witness_info{OURS}", producer="")
    return most(HOST_OF, f'label_replace({info}, "producer", "a key outside the ring", "", "")')


def within(selector: str, **labels: str) -> str:
    """Return a selector in braces that asks for these labels, too."""
    asked = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{selector[:-1]}, {asked}}}"


def labels_of(metric: str, label: str) -> Mapping[str, object]:
    """Return what a variable asks for: the values that a label of a metric has."""
    return {"qryType": 1, "query": f"label_values({metric}, {label})", "refId": "values"}
