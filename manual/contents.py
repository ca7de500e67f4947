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

    `shipped` are the pages of the site that stand beside `docs`.
    """
    return [_entry(each, docs, shipped) for each in nav]


def _entry(entry: Any, docs: Path, shipped: Sequence[str]) -> Any:
    if not isinstance(entry, dict):
        return entry
    ((title, inside),) = entry.items()
    listed = [inside] if isinstance(inside, str) else inside
    return {title: [page for each in listed for page in _pages(each, docs, shipped)]}


def _pages(entry: str, docs: Path, shipped: Sequence[str]) -> list[str]:
    if not entry.endswith("/"):
        return [entry]
    if entry == SHIPPED:
        return sorted(shipped)
    names = [path.name for path in (docs / entry).glob("*.md")]
    return [f"{entry}{name}" for name in sorted(names, key=lambda n: (n != "README.md", n))]
