"""The pages of reference: what they say is what the code says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from manual.reference.docstrings import UndocumentedError, meaning
from manual.reference.markdown import code, prose
from manual.reference.pages import FOLDER, PAGES


@pytest.mark.parametrize(("name", "page"), PAGES.items(), ids=PAGES)
def test_each_page_is_what_the_code_says(name: str, page: Callable[[], str]) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")
    assert committed == page(), f"docs/reference/{name} is stale; do: make reference"


def test_there_is_no_page_that_nothing_writes() -> None:
    assert {path.name for path in FOLDER.glob("*.md")} == PAGES.keys()


class Documented:
    told: int = 1
    """What it is."""
    untold: int = 2


def test_name_without_a_meaning_is_refused_with_its_place() -> None:
    assert meaning(Documented, "told") == "What it is."
    with pytest.raises(UndocumentedError, match=r"test_reference\.Documented\.untold needs"):
        meaning(Documented, "untold")


def test_nothing_in_a_table_ends_its_cell() -> None:
    assert code("a|b") == "<code>a&#124;b</code>"
    assert prose("a | `b|c`\n_d_") == "a &#124; <code>b&#124;c</code> \\_d\\_"
