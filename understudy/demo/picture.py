"""What the terminal showed, as a picture that needs nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

WIDTH = 100
"""Columns of the pictured terminal."""

_WEB_FONT = re.compile(r"@font-face\s*\{[^}]*\}\s*")


def write_picture(console: Console, path: Path) -> None:
    """Write what a recording console has printed to an SVG file.

    Rich's picture would fetch its font from a host elsewhere; the viewer's own is used instead.
    """
    svg = console.export_svg(title="make demo", theme=MONOKAI)
    path.write_text(_WEB_FONT.sub("", svg), encoding="utf-8")
