"""`understudy bench`: the measurements, which come with the source only."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from understudy.commands.options import Json
from understudy.commands.output import answers, print_json
from understudy.errors import CommandError


def bench(
    name: Annotated[str, typer.Argument(metavar="NAME", help="live or exporter.")],
    as_json: Json = False,
) -> None:
    """Measure something on the real programs and print the figures."""
    try:
        from bench.run import NAMES, measure
    except ModuleNotFoundError as error:
        raise CommandError("The benchmarks come with the source only: run make bench.") from error
    if name not in NAMES:
        raise typer.BadParameter(f"There is no measurement {name!r}, only: {', '.join(NAMES)}.")
    figures = asyncio.run(measure(name))
    if as_json:
        print_json(figures)
        return
    width = max(len(figure) for figure in figures)
    for figure, value in figures.items():
        answers.print(f"{figure:<{width}}  {value}")
