"""The alerts that the switcher may need, with the labels that they would have. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from chains.settings import ChainSettings, PeerChainSettings
from understudy.doctor.matching import Labels
from understudy.doctor.prometheus import Rule

_BY = re.compile(r"\bby\s*\(([^)]*)\)")
_SHOWN = 8
_PRODUCER = ("witness", "producer", "signing_key")
_KINDS = {*_PRODUCER, "node", "peer"}
"""Labels that say whom an alert accuses."""


def subjects_of(chain: ChainSettings, peers: PeerChainSettings | None) -> list[Labels]:
    """Return the labels of everybody whom an alert may accuse."""
    producers = [
        dict(zip(_PRODUCER, (witness.account, each.name, each.signing_key), strict=True))
        for witness in chain.witnesses
        for each in witness.producers
    ]
    nodes = [{"node": node.name} for node in chain.nodes]
    return [*producers, *nodes, *({"peer": each.name} for each in (peers.nodes if peers else ()))]


def alerts_of(
    rules: Iterable[Rule], subjects: Iterable[Labels], added: Iterable[Labels]
) -> list[Labels]:
    """Return the labels of every alert that these rules can raise about these subjects.

    `added` are labels that all alerts get on their way, such as a Prometheus server's external
    ones; where there are several servers, each makes an alert of its own.
    """
    subjects, added = tuple(subjects), tuple(added) or ({},)
    found = [
        {**more, **subject, **rule.labels, "alertname": rule.name}
        for rule in rules
        for more in added
        for subject in _subjects(rule, subjects)
    ]
    return list({tuple(sorted(labels.items())): labels for labels in found}.values())


def told_apart(rule: Rule) -> set[str]:
    """Return by which labels a rule tells its subjects apart: those of its first `by`."""
    by = _BY.search(rule.expression)
    return {name.strip() for name in by[1].split(",")} if by else set()


def _subjects(rule: Rule, subjects: Iterable[Labels]) -> Iterator[Labels]:
    names = told_apart(rule)
    if not names & _KINDS:
        yield {}
        return
    for subject in subjects:
        if names & subject.keys():
            yield {name: value for name, value in subject.items() if name in names}


def named(alerts: Iterable[Labels]) -> str:
    """Return "WitnessMissingBlocks, ProducerDown of init0" for such alerts."""
    alerts = tuple(alerts)
    names = _some(labels["alertname"] for labels in alerts)
    accused = _some(
        labels[kind] for labels in alerts for kind in ("witness", "node", "peer") if kind in labels
    )
    return f"{names} of {accused}" if accused else names


def _some(words: Iterable[str]) -> str:
    different = list(dict.fromkeys(words))
    more = len(different) - _SHOWN
    return ", ".join(different[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
