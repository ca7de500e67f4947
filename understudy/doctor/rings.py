"""Whether the configured rings do what they look like. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from chains.settings import ChainSettings
from understudy.doctor.finding import Finding, warning


def judge_rings(chain: ChainSettings) -> Iterator[Finding]:
    """Yield what keeps a host of a ring from taking over, or from being replaced in time."""
    for witness in chain.witnesses:
        what = f"witness {witness.account}"
        if len(witness.producers) == 1:
            yield warning(what, "has one producer, so nobody can take over; name a second one")
        for producer in witness.producers:
            if producer.node is None and producer.preempt == "lagging":
                text = f"{producer.name} has preempt: lagging and no node that could be seen to lag"
                yield warning(what, f"{text}; name its node")
