"""The threat model: each defence that it claims is held by a test that there is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "threat-model.md"
HELD_BY = "held by"
OPEN = "*open*"
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


class Defence(NamedTuple):
    """A row of a table of defences: the section that it stands in, its line, and its cells."""

    section: str
    number: int
    cells: list[str]


def defences() -> Iterator[Defence]:
    """Yield each row of a table of defences."""
    section, header = "", list[str]()
    for number, line in enumerate(PAGE.read_text().splitlines(), 1):
        if not line.startswith("|"):
            section = line.removeprefix("## ") if line.startswith("## ") else section
            header = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not header:
            header = cells
        elif header[-1] == HELD_BY and not cells[0].startswith("---"):
            assert len(cells) == len(header), f"line {number} has {len(cells)} cells"
            yield Defence(section, number, cells)


ROWS = list(defences())
NAMED = sorted({named for row in ROWS for named in _TEST.findall(row.cells[-1])})


@cache
def collected(path: str) -> frozenset[str]:
    """Return the names of what pytest collects from a file."""
    file = ROOT / path
    if not file.is_file() or not file.name.startswith("test_"):
        return frozenset()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(file.read_text())
    return frozenset(
        node.name for node in tree.body if isinstance(node, kinds) and node.name[:5] == "test_"
    )


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_test_that_is_named_is_there(path: str, name: str) -> None:
    assert name in collected(path)


def test_every_defence_names_a_test_and_what_is_open_names_none() -> None:
    for _, number, cells in ROWS:
        named = _TEST.findall(cells[-1])
        rest = _TEST.sub("", cells[-1]).strip(" ,")
        assert not rest, f"line {number} names something else than a test: {rest}"
        assert bool(named) is (cells[0] != OPEN), f"line {number}"
        assert cells[1], f"line {number} doesn't say what he can do"
        assert cells[2], f"line {number} doesn't say what is against it"


@pytest.mark.parametrize(
    "who",
    [
        "with a stolen token",
        "with the page's cookie",
        "lying node",
        "hostile peer",
        "with a copy of something",
        "on the same machine",
    ],
)
def test_every_attacker_has_a_section_with_defences(who: str) -> None:
    assert len([row for row in ROWS if who in row.section and row.cells[0] != OPEN]) > 3
