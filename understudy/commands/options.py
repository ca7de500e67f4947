"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from understudy.levels import LogFormat, LogLevel

Config = Annotated[
    Path, typer.Option("--config", "-c", metavar="FILE", help="The configuration file.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]
Level = Annotated[LogLevel, typer.Option("--log-level", help="The least important lines to log.")]
Form = Annotated[
    LogFormat | None,
    typer.Option("--log-format", help="How log lines look; console on a terminal, else json."),
]
Prefix = Annotated[
    str | None,
    typer.Option(metavar="LETTERS", help="What public keys begin with on the chain, such as BTS."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]

DEFAULT_CONFIG = Path("understudy.yaml")
