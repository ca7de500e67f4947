"""The table of contents: a folder in it stands for all pages in that folder, in their order.

In the tutorial that is the order of their file names, which begin with a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

SHIPPED = "shipped/"
"""Where pages are in the site that stand beside docs/ in the repository."""


def expanded(nav: Sequence[Any], docs: Path, shipped: Sequence[str]) -> list[Any]:
    """Return a navigation of MkDocs with the pages of each folder in it in the folder's place.

    `shipped` are the pages of the site that stand beside `docs`. A page that is named by itself
    stands where it is named.
    """
    named = {page for entry in nav for page in _listed(entry)}

    def pages(entry: str) -> list[str]:
        if not entry.endswith("/"):
            return [entry]
        names = shipped if entry == SHIPPED else [f"{entry}{at.name}" for at in _in(docs / entry)]
        return [name for name in names if name not in named]

    return [
        {title: [page for each in _listed(entry) for page in pages(each)] for title in entry}
        if isinstance(entry, dict)
        else entry
        for entry in nav
    ]


def _listed(entry: Any) -> list[str]:
    """Return the pages and folders of an entry: a title with some, or with one, or a page."""
    ((_, inside),) = entry.items() if isinstance(entry, dict) else [("", entry)]
    return [inside] if isinstance(inside, str) else inside


def _in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.md"), key=lambda page: (page.name != "README.md", page.name))
