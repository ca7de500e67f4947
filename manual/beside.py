"""Files outside docs/ to which pages link: they come along into the site, under `shipped/`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from manual.contents import SHIPPED

_LINK = re.compile(r"(\]\()([^)#\s]*)([^)]*\))")
_CODE = re.compile(r"^ *```.*?^ *```|`[^`\n]+`", re.DOTALL | re.MULTILINE)


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
        """Return the text of a page with its links leading to where things are in the site."""
        here = Path(self.place(path)).parent

        def target(link: str) -> str:
            to = _file(link, path)
            if to is None or not (to in self._found or to.is_relative_to(self._docs)):
                return link
            return Path(os.path.relpath(self.place(to), here)).as_posix()

        return _replaced(text, target)

    def _gather(self, pages: Iterable[Path]) -> None:
        for page in pages:
            linked = {_file(link, page) for link in _links(page.read_text(encoding="utf-8"))}
            new = {to for to in linked if to and self._is_beside(to)} - self._found
            self._found |= new
            self._gather(sorted(to for to in new if to.suffix == ".md"))

    def _is_beside(self, path: Path) -> bool:
        outside = not path.is_relative_to(self._docs)
        return outside and path.is_relative_to(self._project) and path.is_file()


def _file(link: str, page: Path) -> Path | None:
    """Return the file or folder that a link names, a folder by its page; None for an address."""
    if not link or "://" in link or link.startswith(("/", "mailto:")):
        return None
    to = (page.parent / link).resolve()
    return to / "README.md" if to.is_dir() else to


def _links(text: str) -> Iterator[str]:
    for _, link, _ in _LINK.findall(_CODE.sub("", text)):
        yield link


def _replaced(text: str, target: Callable[[str], str]) -> str:
    """Return a text whose links are replaced, but for those that stand as code."""
    told, end = [], 0
    for code in _CODE.finditer(text):
        told += [_retold(text[end : code.start()], target), code.group()]
        end = code.end()
    return "".join((*told, _retold(text[end:], target)))


def _retold(text: str, target: Callable[[str], str]) -> str:
    return _LINK.sub(lambda match: match[1] + target(match[2]) + match[3], text)
