"""`make figures`: write what pages tell of figures anew from the results.

In docs/benchmarks.md the rows between two marks are written here, each with an anchor; the words
of its first column, and the order, are kept as somebody wrote them:

    <!-- figures: policy -->
    <!-- end of figures -->

The bars that are missed are listed between two such marks, in the README as well. Elsewhere it is
the numbers in links to such rows, see `bench.claims`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.claims import corrected
from bench.comparing import Row, rows
from bench.results import FILE, Results, head_of, read
from bench.run import ALL, named
from bench.showing import shown, shown_bar, shown_spread
from bench.surroundings import PROJECT
from bench.table import beside, busy, surroundings

TABLES = PROJECT / "docs" / "benchmarks.md"
_BLOCK = re.compile(r"<!-- figures: (?P<name>\w+) -->\n(?P<old>.*?)<!-- end of figures -->", re.S)
_ROW = re.compile(r'^\| <a id="(?P<name>\w+)\.(?P<figure>[\w.]+)"></a>(?P<words>.*?) \|', re.M)
_MISSED = re.compile(r"<!-- missed bars -->\n.*?<!-- end of missed bars -->", re.DOTALL)
_FALLS_SHORT = "What falls short of its bar in the committed results:"
_HEAD = "| figure | measured | of the runs | bar | |\n| --- | --- | --- | --- | --- |\n"


def texts(results: Results) -> dict[Path, str]:
    """Return all pages that tell of figures as they should be."""
    pages = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
    told = {page: corrected(page.read_text(encoding="utf-8"), results) for page in pages}
    told[TABLES] = with_tables(told[TABLES], results)
    words = words_of(told[TABLES])
    for page in (PROJECT / "README.md", TABLES):
        way = "" if page == TABLES else TABLES.relative_to(page.parent).as_posix()
        # Behind the claims: a number in a row's words is none.
        told[page] = with_missed(told[page], missed(results, words, way))
    return told


def with_tables(text: str, results: Results) -> str:
    """Return a page with its tables written anew."""
    return _BLOCK.sub(lambda found: _block(found, results), text)


def with_missed(text: str, lines: str) -> str:
    """Return a page with another list of the bars that are missed."""
    return _MISSED.sub(lambda _: lines, text)


def write_all(results: Results) -> list[str]:
    """Write the pages anew; return the names of those that changed."""
    changed = []
    for page, text in texts(results).items():
        if page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
            changed.append(page.relative_to(PROJECT).as_posix())
    return changed


def words_of(text: str) -> dict[str, str]:
    """Return what the rows of a page are called, by their anchors."""
    return {f"{row['name']}.{row['figure']}": row["words"] for row in _ROW.finditer(text)}


def anchors(text: str) -> set[str]:
    """Return the anchors of the rows of a page."""
    return set(words_of(text))


def blocks(text: str) -> list[str]:
    """Return the names of the measurements that a page has tables of."""
    return [found["name"] for found in _BLOCK.finditer(text)]


def _block(found: re.Match[str], results: Results) -> str:
    name = found["name"]
    measurement, entry = named(name), results["measurements"].get(name, {})
    words = {row["figure"]: row["words"] for row in _ROW.finditer(found["old"])}
    own = {*(bar.figure for bar in measurement.bars), *measurement.told}
    told = [*measurement.told, *(each for each in words if each not in own)]
    by_name = {row.figure: row for row in rows(entry, None, measurement.bars, told)}
    order = [
        *(each for each in words if each in by_name),
        *(each for each in by_name if each not in words),
    ]
    lines = "".join(_line(name, words.get(each), by_name[each]) for each in order)
    return (
        f"<!-- figures: {name} -->\n\n{_HEAD}{lines}\n{_when(name, entry, results)}\n\n"
        "<!-- end of figures -->"
    )


def missed(results: Results, words: Mapping[str, str], way: str) -> str:
    """Return the list of bars that are missed, and of how many runs the results are.

    `way` leads from the page to the tables.
    """
    lines: list[str] = []
    for name in ALL:
        entry = results["measurements"].get(name, {})
        if not entry or "failed" in entry:
            lines.append(f"- {name}: {'the measurement failed' if entry else 'not measured yet'}")
            continue
        told = list(rows(entry, None, named(name).bars, named(name).told))
        for row in told:
            if not row.met:
                anchor = f"{name}.{row.figure}"
                named_so = words.get(anchor, row.figure)
                lines.append(f"- [{named_so}]({way}#{anchor}): {_short(row, entry)}")
        if absent := sum(row.value is None and row.bar is None for row in told):
            lines.append(f"- {name}: figures without a bar that were not measured: {absent}")
    head = [_FALLS_SHORT, ""] if lines else ["No bar is missed in the committed results."]
    found = (*head, *lines, *_origin(results))
    return "\n".join(["<!-- missed bars -->", *found, "<!-- end of missed bars -->"])


def _origin(results: Results) -> list[str]:
    """Return of how many runs the results are, where they are of more than one."""
    heads = [head_of(results, name) for name in results["measurements"]]
    runs, commits = {head["date"] for head in heads}, {head["commit"] for head in heads}
    if len(runs) < 2:
        return []
    return [
        "",
        f"Runs: {len(runs)}, of commits: {len(commits)}; each table tells of which it is.",
    ]


def _short(row: Row, entry: Mapping[str, Any]) -> str:
    """Return by how much a row falls short."""
    if row.value is None:
        return "not measured"
    return f"{shown(row.figure, row.value)}, wanted {shown_bar(row.bar)}{beside(entry)}"


def _line(name: str, words: str | None, row: Row) -> str:
    if row.value is None:
        value, told = "not measured", ""
    else:
        value = shown(row.figure, row.value)
        told = "" if row.bar is None else "met" if row.met else "**missed**"
    spread, bar = shown_spread(row.figure, row.spread), shown_bar(row.bar)
    anchor = f'<a id="{name}.{row.figure}"></a>'
    return f"| {anchor}{words or f'`{row.figure}`'} | {value} | {spread} | {bar} | {told} |\n"


def _when(name: str, entry: Mapping[str, Any], results: Results) -> str:
    if not entry:
        return "*Not measured yet.*"
    head = {n: value for n, value in head_of(results, name).items() if n != "seconds"}
    how = "in a run of its own, " if "run" in entry else ""
    if "failed" in entry:
        return f"*The measurement failed: {entry['failed']} ({surroundings(head)})*"
    return f"*Measured {how}{surroundings(head)}; in {entry['seconds']:,.0f} s, {busy(entry)}.*"


if __name__ == "__main__":
    standing = read(FILE)
    if standing is None:
        sys.exit("There are no results yet; do: make bench")
    for changed in write_all(standing):
        print(changed)
