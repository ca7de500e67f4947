"""Every alert: when it fires, how grave it is, what the switcher does about it, and its runbook."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from manual.reference.markdown import code, document, prose, table
from manual.reference.rules import groups

_INTRODUCTION = """\
The rules are in [alertmanager](../../alertmanager/README.md), a file for each subject. The
switcher acts upon those with an action, and they are its triggers only: it looks at the chain
itself."""

Rule = dict[str, Any]


def page() -> str:
    """Return the page of alerts."""
    rules = [rule for group in groups() for rule in group["rules"] if "alert" in rule]
    by_name = [(name, list(some)) for name, some in groupby(rules, lambda rule: str(rule["alert"]))]
    head = ("alert", "severity", "action", "what it says")
    rows = [_row(name, some[0]) for name, some in by_name]
    return document(
        "Alerts",
        _INTRODUCTION,
        table(head, rows),
        *(part for name, some in by_name for part in _section(name, some)),
    )


def _row(name: str, rule: Rule) -> tuple[str, ...]:
    labels = rule["labels"]
    summary = prose(rule["annotations"]["summary"])
    return f"[{name}](#{name.lower()})", labels["severity"], code(labels.get("action", "")), summary


def _section(name: str, rules: list[Rule]) -> Iterator[str]:
    runbook = rules[0]["annotations"]["runbook_url"].removeprefix("docs/")
    yield f"## {name}"
    yield f"{prose(rules[0]['annotations']['summary'])} What to do: [runbook](../{runbook})."
    for rule in rules:
        yield f"{_when(rule)}\n\n```promql\n{rule['expr'].strip()}\n```"


def _when(rule: Rule) -> str:
    labels = {key: value for key, value in rule["labels"].items() if key != "severity"}
    told = ", ".join(code(f'{key}="{value}"') for key, value in labels.items())
    lasting = f"after {rule['for']} of" if "for" in rule else "as soon as"
    with_labels = f", with {told}" if told else ""
    return f'`severity="{rule["labels"]["severity"]}"`{with_labels}, {lasting}:'
