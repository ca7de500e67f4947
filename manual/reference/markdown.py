"""Pieces of Markdown that read the same in the site and wherever else the page is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def document(title: str, *parts: str) -> str:
    """Return a page, which says that it is written from the code."""
    told = "<!-- Written from the code by `make reference`. -->"
    return "\n\n".join((f"# {title}", told, *(part for part in parts if part))) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, whose cells are Markdown of one line each."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(text: str) -> str:
    """Return a text as code, fit for a table as well: a bar would end the cell."""
    if "|" in text or "`" in text:
        told = escape(text, quote=False).replace("|", "&#124;").replace("`", "&#96;")
        return f"<code>{told}</code>"
    return f"`{text}`" if text else ""


def prose(text: str) -> str:
    """Return a text in one line, fit for a table; what is set as code in it stays so."""
    parts = " ".join(text.split()).split("`")
    return "".join(code(each) if index % 2 else _plain(each) for index, each in enumerate(parts))


def _plain(text: str) -> str:
    letters = {"|": "&#124;", "<": "&lt;", ">": "&gt;", "*": "\\*", "_": "\\_", "[": "\\["}
    return "".join(letters.get(letter, letter) for letter in text)
