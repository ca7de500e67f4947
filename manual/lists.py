"""Lists as everybody writes and reads them, brought into the form that the site's reader wants.

That reader counts in steps of four spaces, and wants an empty line before a list. Elsewhere what
belongs to an item begins where the item's text does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ITEM = re.compile(r"(?:[-*+]|\d+[.)])(?: +(?=\S)|$)")
_FIRST = re.compile(r"(?:[-*+]|1[.)])(?: +(?=\S)|$)")
_FENCE = re.compile(r"`{3,}|~{3,}")
_STEP = 4


def in_steps(markdown: str) -> str:
    """Return a page whose lists nest by four spaces and begin after an empty line."""
    return "\n".join(_lines(markdown.split("\n")))


def _lines(lines: list[str]) -> Iterator[str]:
    items: list[int] = []  # where the text of each item begins that a line may belong to
    fence, text_before = "", False
    for line in lines:
        text = line.lstrip(" ")
        begin = len(line) - len(text)
        if not text:
            text_before = False
            yield ""
            continue
        depth = len(items)
        while not fence and items and begin < items[-1]:
            items.pop()
        inside = items[-1] if items else 0
        within_text = text_before and len(items) == depth
        item = None if fence else (_FIRST if within_text else _ITEM).match(text)
        if item and begin - inside < _STEP:
            if within_text and not items:
                yield ""
            yield " " * _STEP * len(items) + text
            items.append(begin + item.end())
            text_before = False
        else:
            yield " " * _STEP * len(items) + line[min(begin, inside) :]
            text_before = not _FENCE.match(text)
        if fence:
            fence = "" if text.strip() == fence else fence
        elif opened := _FENCE.match(text):
            fence = opened.group()
