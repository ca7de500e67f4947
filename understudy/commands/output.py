"""What commands print: answers to standard output, everything else to standard error."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text

answers = Console(highlight=False, soft_wrap=True)
remarks = Console(stderr=True, highlight=False, soft_wrap=True)


pictures = Console(highlight=False)
"""Where tables and live pictures are drawn, as wide as the terminal is."""

_ENDLESS = 10_000
"""Columns: what reads a file or a pipe breaks no lines and is given none that are broken."""


def seen() -> bool:
    """Tell whether a person sees the answers; with FORCE_COLOR a file calls itself a terminal."""
    return answers.is_terminal and answers.file.isatty()


def show(drawn: RenderableType) -> None:
    """Print something drawn: for the terminal's width, or elsewhere without broken lines."""
    if seen():
        pictures.print(drawn)
        return
    endless = Console(highlight=False, width=_ENDLESS)
    with endless.capture() as captured:
        endless.print(drawn)
    for line in captured.get().splitlines():
        answers.print(Text.from_ansi(line.rstrip()))


def watched() -> bool:
    """Tell whether a person sees the remarks; with FORCE_COLOR a file calls itself a terminal."""
    return remarks.is_terminal and remarks.file.isatty()


_SLOW = 2.0
"""Seconds after which it is worth showing what is waited for."""


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show what is waited for, and for how long, once that takes long and a person sees it."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    if not watched():
        yield
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    # What is logged goes to standard error, which stands above the bar meanwhile.
    bar = Progress(*columns, console=remarks, transient=True, redirect_stdout=False)
    bar.add_task(what, total=None)
    late = threading.Timer(_SLOW, bar.start)
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()
        late.join()
        bar.stop()


def print_json(value: Any) -> None:
    """Print one line of JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, whose plural is `many`, or `one` with an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"
