"""The words of the switcher, with what each means: decisions, outcomes, endings and the others."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from enum import StrEnum

from chains.standing import Verdict
from manual.reference.docstrings import meaning
from manual.reference.markdown import code, document, prose, table
from switcher import words
from switcher.resolving.model import ResolveDecision, ResolveOutcome

_INTRODUCTION = """\
Each word is the same in the log, as a label of [metrics](metrics.md), in the journal and in the
answers of the [HTTP API](http-api.md). What a decision that holds asks of you is in
[RotationHeld](../runbooks/RotationHeld.md) and [ResolutionHeld](../runbooks/ResolutionHeld.md),
what an outcome that is none asks of you in [RotationFailed](../runbooks/RotationFailed.md) and
[ResolutionFailed](../runbooks/ResolutionFailed.md)."""

_FIRST: Sequence[tuple[str, type[StrEnum]]] = (
    ("Decisions about a rotation", words.Decision),
    ("Outcomes of a rotation", words.Outcome),
    ("Decisions about a chain", ResolveDecision),
    ("Outcomes of resolving", ResolveOutcome),
)
_TITLES: dict[type[StrEnum], str] = {
    words.ActionName: "Actions",
    words.Ending: "Endings of an incident",
    words.Cause: "Causes of an incident",
    words.Readiness: "Readiness of a backup",
    words.DrillResult: "Results of a drill",
    words.EntryKind: "Kinds of journal entries",
    words.Step: "Further steps of a rotation",
    Verdict: "How a node or peer stands",
}


def page() -> str:
    """Return the page of decisions and outcomes."""
    return document(
        "Decisions and outcomes", _INTRODUCTION, *(_section(title, kind) for title, kind in _all())
    )


def _all() -> Sequence[tuple[str, type[StrEnum]]]:
    """Return every vocabulary with its title, those that nobody gave one included."""
    shown = {kind for _, kind in _FIRST}
    ours: list[type[StrEnum]] = [
        each
        for _, each in inspect.getmembers(words, inspect.isclass)
        if issubclass(each, StrEnum) and each.__module__ == words.__name__ and each not in shown
    ]
    ours.append(Verdict)
    ours.sort(key=[*_TITLES, *ours].index)
    return (*_FIRST, *((_TITLES.get(kind, kind.__name__), kind) for kind in ours))


def _section(title: str, kind: type[StrEnum]) -> str:
    told = inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0]
    for member in kind:
        told = told.replace(f"`{member.name}`", f"`{member.value}`")
    rows = [(code(each.value), prose(meaning(kind, each.name))) for each in kind]
    return f"## {title}\n\n{told}\n\n{table(('word', 'what it means'), rows)}"
