"""The command `understudy`."""

from __future__ import annotations

from typing import Annotated

import typer

import understudy

app = typer.Typer(no_args_is_help=True, add_completion=False, help=understudy.__doc__)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"understudy {understudy.__version__}")
        raise typer.Exit


@app.callback()
def understudy_command(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Keep a BitShares witness on air."""


def main() -> None:
    """Run the command line; the entry point of the console script."""
    app()
