"""What the commands that give orders share: naming the witness, and asking."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from chains.settings import WitnessSettings
from understudy.commands.completing import witnesses
from understudy.errors import CommandError

if TYPE_CHECKING:
    from understudy.config import Configuration

Account = Annotated[
    str,
    typer.Argument(
        metavar="WITNESS",
        help="The witness account, as in the configuration.",
        autocompletion=witnesses,
    ),
]
Why = Annotated[str | None, typer.Option("--why", metavar="TEXT", help="For the journal.")]


def known_witness(read: Configuration, account: str) -> WitnessSettings:
    """Return a witness of the configuration.

    Raises:
        typer.BadParameter: there is none of this name.
    """
    known = {witness.account: witness for witness in read.chain.witnesses}
    if account not in known:
        there = f"only: {', '.join(known)}" if known else "nor any other"
        raise typer.BadParameter(f"There is no witness {account!r} in {read.path}, {there}.")
    return known[account]


def needs_terminal() -> None:
    """Refuse to wait for an answer that nobody can give.

    Raises:
        typer.BadParameter: standard input is no terminal.
    """
    if not sys.stdin.isatty():
        raise typer.BadParameter("There is no terminal to ask you on; --yes says that you mean it.")


def ask(question: str) -> None:
    """Ask on the terminal.

    Raises:
        CommandError: the answer was no.
    """
    if not typer.confirm(question, err=True):
        raise CommandError("Nothing was done.")
