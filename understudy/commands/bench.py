"""`understudy bench`: the measurements, which come with the source only."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from understudy.commands.options import Json
from understudy.commands.output import answers, print_json, waiting
from understudy.errors import CommandError
from understudy.logging import LogLevel, set_up_logging


def bench(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="policy, live, exporter, headers, peers, page, start, webhook, soak, faces or "
            "first_sight.",
        ),
    ],
    seed: Annotated[
        int | None, typer.Option(help="Draw the same failures again; it is told at the start.")
    ] = None,
    failures: Annotated[int | None, typer.Option(min=1, help="How many, instead of all.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="How long to soak, instead of an hour.")
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(help="A file to write what a soak will do, when and to whom."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure something on the real programs and print the figures.

    Exit status 1 if a soak found what must not be.
    """
    try:
        from bench.run import ALL, named
        from bench.showing import lines
    except ModuleNotFoundError as error:
        raise CommandError("The benchmarks come with the source only: run make bench.") from error
    if name not in ALL:
        raise typer.BadParameter(f"There is no measurement {name!r}, only: {', '.join(ALL)}.")
    asked = {"seed": seed, "failures": failures, "minutes": minutes, "plan": plan}
    options = {option: value for option, value in asked.items() if value is not None}
    set_up_logging(LogLevel.ERROR)
    measurement = named(name)
    for option in options.keys() - measurement.options:
        raise typer.BadParameter(f"The measurement {name} takes no --{option}.")
    with waiting(f"measuring {name}"):
        figures = asyncio.run(measurement.measure(**options))
    if as_json:
        print_json(figures)
    else:
        told = list(lines(figures))
        width = max(len(figure) for figure, _ in told)
        for figure, value in told:
            answers.print(f"{figure:<{width}}  {value}", markup=False)
    if figures.get("broken"):
        broken = ", ".join(figures["bars_missed"])
        raise CommandError(
            f"{name} found what must not be: {broken}; again with seed {figures['seed']}."
        )
