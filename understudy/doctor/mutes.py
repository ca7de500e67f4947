"""Silences and inhibitions that would keep an alert from the switcher. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from understudy.doctor.alertmanager import Inhibition, Silence
from understudy.doctor.finding import Finding, failure, warning
from understudy.doctor.matching import Labels, MatcherError, match_all, written
from understudy.doctor.raised import named

_OF_THE_RULE = ("alertname", "severity", "action")
"""Labels that all alerts of one rule have alike."""


def judge_silences(silences: Iterable[Silence], alerts: Sequence[Labels]) -> Iterator[Finding]:
    """Yield the silences that mute some of these alerts, now or later."""
    told = [
        finding
        for silence in silences
        if silence.status.state in ("active", "pending")
        for finding in _silence(silence, alerts)
    ]
    yield from told or [Finding("silences", text="none mutes what the switcher needs")]


def _silence(silence: Silence, alerts: Sequence[Labels]) -> Iterator[Finding]:
    what = f"silence {silence.id}"
    by = f"made by {silence.created_by or 'nobody'} ({silence.comment or 'no comment'})"
    try:
        muted = [labels for labels in alerts if match_all(silence.conditions, labels)]
    except MatcherError as error:
        yield warning(what, f"{error}; see for yourself that it mutes no alert that acts")
        return
    if not muted:
        return
    until = f"until {silence.ends_at:%Y-%m-%d %H:%M:%S %Z}"
    end = f"end it: amtool silence expire {silence.id}"
    if silence.status.state == "active":
        yield failure(what, f"{by} mutes {named(muted)} {until}, so nothing is done; {end}")
    else:
        since = f"from {silence.starts_at:%Y-%m-%d %H:%M:%S %Z}"
        yield warning(what, f"{by} will mute {named(muted)} {since} {until}; {end}")


def judge_inhibitions(
    inhibitions: Iterable[Inhibition], alerts: Sequence[Labels]
) -> Iterator[Finding]:
    """Yield the inhibitions that would mute some of these alerts if their source fired."""
    told = [finding for rule in inhibitions for finding in _inhibition(rule, alerts)]
    yield from told or [Finding("inhibitions", text="none mutes what the switcher needs")]


def _inhibition(rule: Inhibition, alerts: Sequence[Labels]) -> Iterator[Finding]:
    equal = f" with equal {', '.join(rule.equal)}" if rule.equal else ""
    what = f"inhibition {written(rule.source)} of {written(rule.target)}{equal}"
    try:
        muted = [labels for labels in alerts if may_inhibit(rule, labels)]
    except MatcherError as error:
        yield warning(what, f"{error}; see for yourself that it mutes no alert that acts")
        return
    if muted:
        yield failure(
            what,
            f"mutes {named(muted)} while its source fires; add "
            + ", ".join(f"{each!r}" for each in _exceptions(muted))
            + " to its target_matchers",
        )


def may_inhibit(rule: Inhibition, alert: Labels) -> bool:
    """Tell whether some alert could mute this one.

    An alert that matches both sides isn't muted by another one of which that is true as well.

    Raises:
        MatcherError: a regular expression isn't understood here.
    """
    if not match_all(rule.target, alert):
        return False
    alike = {name: alert.get(name, "") for name in rule.equal}
    if "alertname" in alike:
        alike |= {name: alert.get(name, "") for name in _OF_THE_RULE}
    if not match_all((each for each in rule.source if each.name in alike), alike):
        return False
    both = all(each in rule.source or each.name in alike for each in rule.target)
    return not (both and match_all(rule.source, alert))


def _exceptions(muted: Sequence[Labels]) -> Iterator[str]:
    if any("action" in labels for labels in muted):
        yield 'action=""'
    for name in dict.fromkeys(labels["alertname"] for labels in muted if "action" not in labels):
        yield f'alertname!="{name}"'
