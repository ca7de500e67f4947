"""Files outside docs/ to which pages link: they come along into the site, under `shipped/`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from manual.contents import SHIPPED

_LINK = re.compile(
    # Code comes first, so that what looks like a link in it is none.
    r"^ *```.*?^ *```|`[^`\n]+`|\[(?P<said>[^\]]*)\]\((?P<to>[^)#\s]*)(?P<rest>[^)]*)\)",
    re.DOTALL | re.MULTILINE,
)


class Beside:
    """What pages link to outside their folder, and where that is in the site.

    `docs` is the folder of the pages, the folder around it the project's.
    """

    def __init__(self, docs: Path) -> None:
        self._docs = docs.resolve()
        self._project = self._docs.parent
        self._found: set[Path] = set()
        self._gather(sorted(docs.rglob("*.md")))

    def files(self) -> list[Path]:
        """Return the files, absolute."""
        return sorted(self._found)

    def pages(self) -> list[str]:
        """Return the places of those that are pages."""
        return [self.place(path) for path in self.files() if path.suffix == ".md"]

    def place(self, path: Path) -> str:
        """Return where a file is in the site's sources."""
        if path.is_relative_to(self._docs):
            return path.relative_to(self._docs).as_posix()
        return SHIPPED + path.relative_to(self._project).as_posix()

    def led(self, text: str, path: Path) -> str:
        """Return the text of a page with its links leading to where things are in the site.

        A folder without a page of its own is nowhere there: what is said of it stays.
        """
        here = Path(self.place(path)).parent

        def retold(link: re.Match[str]) -> str:
            to = _file(link["to"], path)
            if to and _is_bare(to):
                return link["said"]
            if to is None or not (to in self._found or to.is_relative_to(self._docs)):
                return link.group()
            place = Path(os.path.relpath(self.place(to), here)).as_posix()
            return f"[{link['said']}]({place}{link['rest']})"

        return _LINK.sub(retold, text)

    def _gather(self, pages: Iterable[Path]) -> None:
        for page in pages:
            linked = {_file(link, page) for link in _links(page.read_text(encoding="utf-8"))}
            new = {to for to in linked if to and self._is_beside(to)} - self._found
            self._found |= new
            self._gather(sorted(to for to in new if to.suffix == ".md"))

    def _is_beside(self, path: Path) -> bool:
        outside = not path.is_relative_to(self._docs)
        return outside and path.is_relative_to(self._project) and path.is_file()


def _file(link: str | None, page: Path) -> Path | None:
    """Return the file or folder that a link names, a folder by its page; None for an address."""
    if not link or "://" in link or link.startswith(("/", "mailto:")):
        return None
    to = (page.parent / link).resolve()
    return to / "README.md" if to.is_dir() else to


def _is_bare(page: Path) -> bool:
    """Tell whether a page would be that of a folder, which has none."""
    return page.name == "README.md" and page.parent.is_dir() and not page.exists()


def _links(text: str) -> Iterator[str]:
    for link in _LINK.finditer(text):
        if link["to"]:
            yield link["to"]
