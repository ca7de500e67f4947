"""The command `understudy`: the commands put together, and errors as one sentence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, NoReturn

import typer

import understudy
from chains.errors import ChainError
from exporter.errors import ExporterError
from peernode.errors import PeerNodeError
from switcher.errors import SwitcherError
from understudy.commands import (
    arming,
    bench,
    check,
    demo,
    devnet,
    drill,
    files,
    healthy,
    init,
    journal,
    keygen,
    node,
    resolve,
    rotate,
    run,
    services,
    status,
    tokens,
    wallet,
)
from understudy.config import ConfigurationError
from understudy.errors import UnderstudyError

_FAILED, _WRONG_USE, _INTERRUPTED = 1, 2, 130
_EXPECTED = (ChainError, ExporterError, PeerNodeError, SwitcherError, UnderstudyError)
"""Errors whose text is a sentence for people; anything else is a fault of ours."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("exporter")(services.exporter)
app.command("switcher")(services.switcher)
app.command("node")(node.node)
app.command("init")(init.init)
app.command("keygen")(keygen.keygen)
app.command("bench")(bench.bench)
app.command("check")(check.check)
app.command("files")(files.files)
app.command("healthy")(healthy.healthy)
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("status")(status.status)
app.command("rotate")(rotate.rotate)
app.command("drill")(drill.drill)
app.command("resolve")(resolve.resolve)
app.command("arm")(arming.arm)
app.command("disarm")(arming.disarm)
app.add_typer(tokens.app, name="token")
app.add_typer(journal.app, name="journal")
app.add_typer(wallet.app, name="wallet")
app.add_typer(devnet.app, name="devnet")


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
    try:
        app([word for word in words if word != "--debug"], prog_name="understudy")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        sys.exit(_told(error))
    sys.exit(0)


def _told(error: Exception) -> int:
    """Print an error as sentences, and return the exit status that it deserves."""
    status = _FAILED
    for leaf in _leaves(error):
        if isinstance(leaf, ConfigurationError):
            status = _WRONG_USE
            print(leaf, file=sys.stderr)
        elif isinstance(leaf, OSError) and leaf.strerror:
            where = f"{leaf.filename}: " if leaf.filename else ""
            print(f"understudy: {where}{leaf.strerror}", file=sys.stderr)
        elif isinstance(leaf, _EXPECTED):
            print(f"understudy: {leaf}", file=sys.stderr)
        else:
            kind = type(leaf).__name__
            text = f"unexpected {kind}: {leaf}; --debug shows where, please report it"
            print(f"understudy: {text}", file=sys.stderr)
    return status


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
