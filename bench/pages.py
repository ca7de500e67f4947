"""`make figures`: write what pages tell of figures anew from the results.

In docs/benchmarks.md the rows between two marks are written here, each with an anchor; the words
of its first column, and the order, are kept as somebody wrote them:

    <!-- figures: policy -->
    <!-- end of figures -->

Elsewhere it is the numbers in links to such rows, see `bench.claims`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.bars import find
from bench.claims import corrected
from bench.comparing import Row, rows
from bench.results import Results, head_of, read
from bench.run import named
from bench.showing import shown, shown_bar, shown_spread
from bench.surroundings import PROJECT
from bench.table import busy, surroundings

TABLES = PROJECT / "docs" / "benchmarks.md"
_BLOCK = re.compile(r"<!-- figures: (?P<name>\w+) -->\n(?P<old>.*?)<!-- end of figures -->", re.S)
_ROW = re.compile(r'^\| <a id="(?P<name>\w+)\.(?P<figure>[\w.]+)"></a>(?P<words>.*?) \|', re.M)
_HEAD = "| figure | measured | of the runs | bar | |\n| --- | --- | --- | --- | --- |\n"


def texts(results: Results) -> dict[Path, str]:
    """Return all pages that tell of figures as they should be."""
    pages = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
    told = {page: page.read_text(encoding="utf-8") for page in pages}
    told[TABLES] = _BLOCK.sub(lambda found: _block(found, results), told[TABLES])
    return {page: corrected(text, results) for page, text in told.items()}


def write_all(results: Results) -> list[str]:
    """Write the pages anew; return the names of those that changed."""
    changed = []
    for page, text in texts(results).items():
        if page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
            changed.append(page.relative_to(PROJECT).as_posix())
    return changed


def anchors(text: str) -> set[str]:
    """Return the anchors of the rows of a page."""
    return {f"{row['name']}.{row['figure']}" for row in _ROW.finditer(text)}


def blocks(text: str) -> list[str]:
    """Return the names of the measurements that a page has tables of."""
    return [found["name"] for found in _BLOCK.finditer(text)]


def _block(found: re.Match[str], results: Results) -> str:
    name = found["name"]
    measurement, entry = named(name), results["measurements"].get(name, {})
    words = {row["figure"]: row["words"] for row in _ROW.finditer(found["old"])}
    named_here = [bar.figure for bar in measurement.bars] + list(measurement.told)
    others = [each for each in words if each not in named_here]
    known = [each for each in others if find(entry.get("figures", {}), each) is not None]
    by_name = {
        row.figure: row for row in rows(entry, None, measurement.bars, [*measurement.told, *known])
    }
    order = [*(each for each in words if each in by_name), *by_name.keys() - words.keys()]
    lines = "".join(_line(name, words.get(each), by_name[each]) for each in order)
    return (
        f"<!-- figures: {name} -->\n\n{_HEAD}{lines}\n{_when(name, entry, results)}\n\n"
        "<!-- end of figures -->"
    )


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
    standing = read()
    if standing is None:
        sys.exit("There are no results yet; do: make bench")
    for changed in write_all(standing):
        print(changed)
