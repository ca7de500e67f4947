"""Whether Prometheus has loaded the rules that raise what the switcher acts upon. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from switcher.model import ActionName
from switcher.settings import Policy
from understudy.doctor.finding import Finding, failure, warning
from understudy.doctor.prometheus import Rule
from understudy.doctor.thresholds import THRESHOLD, figure_of

_RANGE = re.compile(r"\[(\d+)s\]")
_NAMING = ("alertname", "witness", "producer", "signing_key", "node", "peer")
"""Labels that say whom an alert accuses; they come from the expression."""


def judge_rules(
    loaded: Iterable[Rule], shipped: Iterable[Rule], policy: Policy
) -> Iterator[Finding]:
    """Yield what is wrong with each rule that is needed, or that it is as it should be."""
    loaded = tuple(loaded)
    for expected in shipped:
        what = f"rule {expected.name}"
        found = [rule for rule in loaded if rule.name == expected.name]
        if not found:
            text = "Prometheus hasn't loaded it; put alertmanager/rules/ where its rule_files look"
            yield failure(what, text)
        for rule in found:
            told = list(_differences(what, rule, expected, policy))
            yield from told or [Finding(what, text=_as_policy(rule, policy))]


def _differences(what: str, rule: Rule, expected: Rule, policy: Policy) -> Iterator[Finding]:
    if rule.health == "err":
        text = f"Prometheus can't evaluate it ({rule.last_error}); load it as it is shipped"
        yield failure(what, text)
    yield from _expression(what, rule, expected, policy)
    yield from _labels(what, rule, expected)
    yield from _timing(what, rule, expected, policy)


def _expression(what: str, rule: Rule, expected: Rule, policy: Policy) -> Iterator[Finding]:
    figure = figure_of(rule.name, policy)
    shape, threshold = _parted(rule, figure)
    if shape != _parted(expected, figure)[0]:
        yield failure(
            what,
            f"asks {_plain(rule)!r}, the shipped rule {_plain(expected)!r}; "
            "load that one, which is tested",
        )
    elif figure and threshold and float(threshold) != figure[1]:
        yield failure(
            what,
            f"has >= {threshold}, and switcher.policy.{figure[0]} is {figure[1]}: "
            "the switcher is called too late, or in vain; make them equal",
        )


def _as_policy(rule: Rule, policy: Policy) -> str:
    figure = figure_of(rule.name, policy)
    return f"has >= {figure[1]}, as switcher.policy.{figure[0]}" if figure else ""


def _plain(rule: Rule) -> str:
    return " ".join(rule.expression.split())


def _squeezed(rule: Rule) -> str:
    # Prometheus writes an expression out anew, with its own white space.
    return re.sub(r"\s+", "", rule.expression)


def _parted(rule: Rule, figure: object) -> tuple[str, str]:
    """Return an expression without the threshold that may be chosen, and the threshold."""
    text = _squeezed(rule)
    found = THRESHOLD.search(text) if figure else None
    return (text[: found.start(1)] + "?" + text[found.end(1) :], found[1]) if found else (text, "")


def _labels(what: str, rule: Rule, expected: Rule) -> Iterator[Finding]:
    for name in sorted(rule.labels.keys() | expected.labels.keys()):
        has, wanted = rule.labels.get(name), expected.labels.get(name)
        label = f'{name}="{has}"'
        if has == wanted:
            continue
        if name == "action":
            text = f'lacks the label action="{wanted}", so the switcher does nothing; add it'
            yield failure(what, text)
        elif name in _NAMING:
            text = f"sets the label {label} itself, so it accuses somebody else; remove that"
            yield failure(what, text)
        elif has and "$value" in has:
            text = f"has the label {label}: another alert at each new value; remove it"
            yield failure(what, text)
        elif has is None:
            text = f'lacks the label {name}="{wanted}"; add it, or see that your routes do without'
            yield warning(what, text)
        elif wanted is None:
            text = f"has the label {label}; see that no route, silence or inhibition looks for it"
            yield warning(what, text)
        else:
            text = f'has {label} instead of "{wanted}"; see that your routes know it'
            yield warning(what, text)


def _timing(what: str, rule: Rule, expected: Rule, policy: Policy) -> Iterator[Finding]:
    rotates = expected.labels.get("action") == ActionName.ROTATE
    if rotates and rule.hold > policy.preempt_after:
        text = f"waits {rule.hold:g} s, and switcher.policy.preempt_after is {policy.preempt_after}"
        yield warning(what, f"{text}: a host is replaced later than that; shorten its `for`")
    elif rule.hold > expected.hold:
        text = f"waits {rule.hold:g} s before it fires (shipped: {expected.hold:g} s)"
        late = "a rotation comes" if rotates else "the switcher is called"
        yield warning(what, f"{text}: {late} that much later; shorten its `for`")
    elif rule.hold < expected.hold:
        text = f"waits only {rule.hold:g} s before it fires (shipped: {expected.hold:g} s)"
        yield warning(what, f"{text}: short troubles call the switcher in vain; lengthen its `for`")
    if rule.kept > expected.kept:
        text = f"fires on for {rule.kept:g} s when its reason is gone"
        yield warning(what, f"{text}: it accuses whom it shouldn't; remove keep_firing_for")
    if rule.interval > expected.interval:
        text = f"is evaluated every {rule.interval:g} s (shipped: {expected.interval:g} s)"
        yield warning(
            what,
            f"{text}: an alert comes up to {rule.interval - expected.interval:g} s later; "
            f"give its group {rule.group} `interval: {expected.interval:g}s`",
        )


def window_of(rules: Iterable[Rule]) -> float:
    """Return how far back (s) the rules look that look back least; infinite if none does."""
    ranges = (int(each) for rule in rules for each in _RANGE.findall(rule.expression))
    return min(ranges, default=math.inf)
