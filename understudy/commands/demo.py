"""`understudy demo`: see it work before anything is set up."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from understudy.commands.output import print_json


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything up and print its addresses.")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what was shown as an SVG picture.")
    ] = None,
) -> None:
    """Show a failover on an embedded devnet with the real Prometheus and Alertmanager.

    The last line is one JSON object. Exit status 0 only if all of it was seen on the chain.
    """
    from understudy.demo.picture import WIDTH, write_picture
    from understudy.demo.play import play

    console = Console(highlight=False, record=picture is not None, width=WIDTH if picture else None)
    report = asyncio.run(play(console, lambda seen: print_json(seen.as_json()), keep=keep))
    if picture is not None:
        write_picture(console, picture)
    if not report.rotated:
        raise typer.Exit(1)
