"""`understudy demo`: see it work before anything is set up."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from understudy.commands.output import print_json
from understudy.errors import CommandError
from understudy.logging import LogLevel, set_up_logging
from understudy.stay import cancelled_by_signals

if TYPE_CHECKING:
    from understudy.demo.report import Report


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything up and print its addresses.")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what was shown as an SVG picture.")
    ] = None,
) -> None:
    """Show two failovers, and a peer brought along, with the real Prometheus and Alertmanager.

    The last line is one JSON object. Exit status 0 only if all acts were seen on the chains.
    """
    from understudy.demo.picture import WIDTH, write_picture
    from understudy.demo.play import play

    set_up_logging(LogLevel.ERROR)
    width = WIDTH if picture or not sys.stdout.isatty() else None
    console = Console(highlight=False, record=picture is not None, width=width)

    def announce(report: Report) -> None:
        if picture is not None:
            console.print(json.dumps(report.as_json()), markup=False)
            write_picture(console, picture)
        print_json(report.as_json())

    async def played() -> Report:
        with cancelled_by_signals():
            return await play(console, announce, keep=keep)

    try:
        report = asyncio.run(played())
    except asyncio.CancelledError as error:
        raise CommandError("Interrupted; everything is stopped and cleaned up.") from error
    if not report.complete:
        raise typer.Exit(1)
