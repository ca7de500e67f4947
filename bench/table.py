"""The table of `make bench`: every figure with its runs, its bar, and what is committed of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from bench.comparing import Row, rows
from bench.results import Results, head_of
from bench.run import Measurement
from bench.showing import shown, shown_bar, shown_spread

_COLUMNS = ("figure", "measured", "of the runs", "bar", "", "committed", "change")
_BUSY = 0.5
"""Cores that others had on average, from which on a run is called busy."""


def table(
    results: Results, before: Results | None, measurements: Sequence[Measurement]
) -> tuple[Table, list[str]]:
    """Return the table of some measurements of the results, and names of figures that are worse."""
    drawn, worse = Table(*_COLUMNS, title_justify="left", expand=False), list[str]()
    for each in measurements:
        entry = results["measurements"][each.name]
        drawn.add_section()
        drawn.add_row(Text(each.name, style="bold"), *_about(entry))
        if "failed" in entry:
            continue
        past = before["measurements"].get(each.name) if before else None
        for row in rows(entry, past, each.bars, each.told):
            drawn.add_row(*_cells(row), style="red" if row.worse or not row.met else "")
            if row.worse:
                worse.append(f"{each.name}.{row.figure}")
    return drawn, worse


def remarks(
    names: Sequence[str],
    head: Mapping[str, Any],
    results: Results,
    before: Results | None,
    worse: Sequence[str],
) -> Iterator[str]:
    """Return what has to be said below the table of what was run, a line each.

    `head` is of this run; what it is compared with may have been run by itself.
    """
    yield f"Measured: {surroundings(head)}."
    if before:
        past = head_of(before, names[0]) if len(names) == 1 else before
        yield f"Committed: {surroundings(past)}."
        if past["machine"] != head["machine"]:
            yield "That was another machine, so that only ratios can be compared."
    missed = [each for each in results["missed"] if each.partition(".")[0] in names]
    yield from _told("Missed", missed)
    yield from _told("Worse than committed", worse)
    yield from _told("FAILED", [each for each in results["failed"] if each in names])


def kept(results: Results) -> Iterator[str]:
    """Return what has to be said of results that are kept, a line each."""
    yield from _told("Of a run of its own", [_apart(results, n) for n in results["apart"]])
    yield from _told("The results are not whole, failed", results["failed"])


def surroundings(head: Mapping[str, Any]) -> str:
    """Return on what machine a run was made, and how busy that was."""
    machine, commit = head["machine"], (head["commit"] or "none")[:10]
    text = (
        f"{head['date']}, commit {commit}{' with changes' if head['dirty'] else ''}, "
        f"{machine['cores']} cores ({machine['cpu']}), {machine['memory_gb']:g} GB"
    )
    return f"{text}, {busy(head)}" if "seconds" in head else text


def busy(told: Mapping[str, Any]) -> str:
    """Return how busy the machine was with other work."""
    return (
        f"load {told['load_begin']:g} at the beginning and {told['load_end']:g} in the end, "
        f"other work had {_others(told):.1f} cores{': a busy machine' if beside(told) else ''}"
    )


def beside(told: Mapping[str, Any]) -> str:
    """Return that a measurement was made beside much other work, empty if it wasn't."""
    others = _others(told)
    return f" (while other work had {others:.1f} cores)" if others >= _BUSY else ""


def _about(entry: Mapping[str, Any]) -> tuple[str, str]:
    if "failed" in entry:
        return "FAILED", entry["failed"]
    return f"{entry['seconds']:,.0f} s", f"others {_others(entry):.1f} cores"


def _others(told: Mapping[str, Any]) -> float:
    """Return how many cores were not ours: other programs had them, or other machines."""
    return float(told["cores_others"] + told["cores_stolen"])


def _cells(row: Row) -> tuple[str, ...]:
    change = row.change
    return (
        f"  {row.figure}",
        shown(row.figure, row.value),
        shown_spread(row.figure, row.spread),
        shown_bar(row.bar),
        "" if row.bar is None else "met" if row.met else "MISSED",
        "" if row.before is None else shown(row.figure, row.before),
        "" if change is None else f"{change:+.0%}{' worse' if row.worse else ''}",
    )


def _apart(results: Results, name: str) -> str:
    head = head_of(results, name)
    return f"{name} ({head['date']}, commit {(head['commit'] or 'none')[:10]})"


def _told(what: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"{what}: {', '.join(names)}."
