"""The alerts that the switcher may need, with the labels that they would have. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from chains.settings import WitnessSettings
from understudy.doctor.matching import Labels
from understudy.doctor.prometheus import Rule

_BY = re.compile(r"\bby\s*\(([^)]*)\)")
_SHOWN = 6


def alerts_of(
    rules: Iterable[Rule], witnesses: Iterable[WitnessSettings], added: Iterable[Labels]
) -> list[Labels]:
    """Return the labels of every alert that these rules can raise about these witnesses.

    `added` are labels that all alerts get on their way, such as a Prometheus server's external
    ones; where there are several servers, each makes an alert of its own.
    """
    subjects = [
        {"witness": witness.account, "producer": producer.name, "signing_key": producer.signing_key}
        for witness in witnesses
        for producer in witness.producers
    ]
    added = tuple(added) or ({},)
    found = [
        {**more, **subject, **rule.labels, "alertname": rule.name}
        for rule in rules
        for more in added
        for subject in _subjects(rule, subjects)
    ]
    return list({tuple(sorted(labels.items())): labels for labels in found}.values())


def _subjects(rule: Rule, subjects: list[dict[str, str]]) -> Iterator[Labels]:
    """Yield what a rule tells the subjects apart by: the labels of its first `by`."""
    by = _BY.search(rule.expression)
    names = {name.strip() for name in by[1].split(",")} if by else set()
    if not names & {"witness", "producer", "signing_key"}:
        yield {}
        return
    for subject in subjects:
        yield {name: value for name, value in subject.items() if name in names}


def named(alerts: Iterable[Labels]) -> str:
    """Return "WitnessMissingBlocks, ProducerDown of init0" for such alerts."""
    alerts = tuple(alerts)
    names = _some(labels["alertname"] for labels in alerts)
    witnesses = _some(labels["witness"] for labels in alerts if "witness" in labels)
    return f"{names} of {witnesses}" if witnesses else names


def _some(words: Iterable[str]) -> str:
    different = list(dict.fromkeys(words))
    more = len(different) - _SHOWN
    return ", ".join(different[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
