"""What commands print: answers to standard output, everything else to standard error."""

from __future__ import annotations

import json
from typing import Any

import typer
from rich.console import Console

answers = Console(highlight=False, soft_wrap=True)
remarks = Console(stderr=True, highlight=False, soft_wrap=True)


def watched() -> bool:
    """Tell whether a person sees the remarks; with FORCE_COLOR a file calls itself a terminal."""
    return remarks.is_terminal and remarks.file.isatty()


def print_json(value: Any) -> None:
    """Print one line of JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, whose plural is `many`, or `one` with an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"
