"""The command `understudy`: the commands put together, and errors as one sentence."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated, NoReturn

import typer

# Where all versions have it, though it is declared elsewhere.
from typer.completion import completion_init  # type: ignore[attr-defined]

import understudy
from understudy.commands.lazily import group_of
from understudy.commands.program import COMPLETING, NAME

_INTERRUPTED = 130

_COMMANDS = {
    "exporter": "services.exporter",
    "switcher": "services.switcher",
    "node": "node.node",
    "init": "init.init",
    "keygen": "keygen.keygen",
    "bench": "bench.bench",
    "check": "check.check",
    "files": "files.files",
    "healthy": "healthy.healthy",
    "demo": "demo.demo",
    "run": "run.run",
    "status": "status.status",
    "rotate": "rotate.rotate",
    "drill": "drill.drill",
    "resolve": "resolve.resolve",
    "arm": "arming.arm",
    "disarm": "arming.disarm",
    "completion": "completion.completion",
    "token": "tokens.app",
    "journal": "journal.app",
    "wallet": "wallet.app",
    "devnet": "devnet.app",
}

app = typer.Typer(
    cls=group_of(_COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"understudy {understudy.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Keep a BitShares witness on air: when its host dies, a backup takes over.

    Exit status 0: done; 1: failed; 2: wrong use, or a bad configuration.
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process; the entry point of the console script."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    if COMPLETING in os.environ:
        completion_init()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # File names may be no text; as JSON has it, this is what stands for such bytes.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = _run([word for word in words if word != "--debug"])
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        from understudy.telling import tell  # noqa: PLC0415 - takes longer than all the rest

        sys.exit(tell(error))
    sys.exit(status)


def _run(words: list[str]) -> int:
    """Run a command, and return the exit status that it asks for."""
    status: object = app(words, prog_name=NAME, standalone_mode=False)
    try:
        sys.stdout.flush()
    except OSError:
        # What can't be written now can't be at the end of the process either, where nobody asks.
        sys.stdout = io.StringIO()
        raise
    return status if isinstance(status, int) else 0
