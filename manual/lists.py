"""Lists as everybody else reads them: nested by two spaces, and begun without an empty line."""

from __future__ import annotations

import re
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

_ITEM = re.compile(r"(?:[-*+]|1\.) +\S")
_TEXT = re.compile(r"(?![-*+>|#]|\d+\.|\s|$)")
_AFTER_FENCES = 20
"""A priority below that of fenced blocks, which are out of the way then."""


class _Begun(Preprocessor):  # type: ignore[misc]  # the library has no types
    def run(self, lines: list[str]) -> list[str]:
        """Put an empty line between a paragraph and the list that follows it."""
        told: list[str] = []
        for line in lines:
            if told and _ITEM.match(line) and _TEXT.match(told[-1]):
                told.append("")
            told.append(line)
        return told


class _Lists(Extension):  # type: ignore[misc]  # the library has no types
    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the library's name
        """Change how a Markdown reader takes lists."""
        md.tab_length = 2
        md.preprocessors.register(_Begun(md), "begun_lists", _AFTER_FENCES)


def makeExtension(**settings: Any) -> Extension:  # noqa: N802 - the library's name
    """Return the extension."""
    return _Lists(**settings)
