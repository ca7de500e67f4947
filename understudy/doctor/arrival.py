"""Whether what Prometheus raises arrives in Alertmanager, and what it says of the way. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from switcher.webhook import HEARTBEAT
from understudy.doctor.finding import Finding, failure, warning
from understudy.doctor.matching import Labels
from understudy.doctor.prometheus import Rule

_PATH_BROKEN = "AlertPathBroken"
_CLOCK_OFF = "ClockOff"


def judge_heartbeats(heartbeats: Sequence[Labels]) -> Finding:
    """Return whether the alert that always fires has arrived, and as one and the same."""
    if not heartbeats:
        return failure(
            HEARTBEAT,
            "has not arrived, so no other alert would; look at `alerting:` in Prometheus' "
            "configuration, and at its log, or ask again if it has just been started",
        )
    if len(heartbeats) > 1:
        everywhere = set.intersection(*(set(labels.items()) for labels in heartbeats))
        names = sorted({name for labels in heartbeats for name, _ in labels.items() - everywhere})
        return warning(
            HEARTBEAT,
            f"arrives {len(heartbeats)} times, told apart by {', '.join(names)}, and so does every "
            "other alert; drop these labels with alert_relabel_configs",
        )
    return Finding(HEARTBEAT, text="arrives")


def judge_path(rules: Iterable[Rule]) -> Iterator[Finding]:
    """Yield that the heartbeat does not get as far as the switcher, where Prometheus knows that."""
    if any(rule.name == _PATH_BROKEN and rule.state == "firing" for rule in rules):
        yield failure(
            _PATH_BROKEN,
            "fires: the heartbeat does not reach the switcher, so no alert does; the log of "
            "Alertmanager says why: is the token's file there, is the token known, is the address "
            "the switcher's?",
        )


def judge_clocks(rules: Iterable[Rule]) -> Iterator[Finding]:
    """Yield that the clock of a machine that watches the chain is off, where Prometheus says so."""
    if any(rule.name == _CLOCK_OFF and rule.state == "firing" for rule in rules):
        yield warning(
            _CLOCK_OFF,
            "fires: the clock of the exporter's or the switcher's machine is off. That is made up "
            "for, but not by Prometheus, and not beyond ten minutes; have it set by NTP",
        )


def added_labels(heartbeats: Iterable[Labels], rules: Iterable[Rule]) -> list[Labels]:
    """Return the labels that every alert gets on its way, once for each heartbeat."""
    own = {name for rule in rules if rule.name == HEARTBEAT for name in rule.labels}
    return [
        {name: labels[name] for name in labels if name not in {*own, "alertname"}}
        for labels in heartbeats
    ]
