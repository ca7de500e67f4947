"""Asking somebody on the terminal, until there is an answer that can be taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import typer

from chains.bitshares.keys import looks_private
from understudy.commands.output import remarks

_T = TypeVar("_T")

_PRIVATE = (
    "that looks like a private key, which is never to be seen; name the file that it is in, or "
    "give the public key. Replace it if others may have seen it"
)


def heading(question: str) -> None:
    """Print what the next answers are about."""
    remarks.print(f"\n{question}", style="bold", markup=False)


def ask_for(question: str, default: str | None = None) -> str:
    """Ask for a line of text, until it is none of what nobody should see."""
    while looks_private(answer := _prompt(question, default).strip()):
        refuse(ValueError(_PRIVATE))
    return answer


def _prompt(question: str, default: str | None) -> str:
    answer: str = typer.prompt(f"  {question}", default, err=True, show_default=bool(default))
    return answer


def ask_until(question: str, take: Callable[[str], _T], default: str | None = None) -> _T:
    """Ask until `take` raises no ValueError, and return what it made of the answer."""
    while True:
        try:
            return take(ask_for(question, default))
        except ValueError as error:
            refuse(error)


def agrees(question: str, *, default: bool = False) -> bool:
    """Ask a question for a yes or a no."""
    return typer.confirm(f"  {question}", default=default, err=True)


def refuse(error: ValueError) -> None:
    """Say why an answer can't be taken."""
    remarks.print(f"  {error}", style="red", markup=False)


def take_option(option: str, text: str, take: Callable[[str], _T]) -> _T:
    """Return what `take` makes of an option's text.

    Raises:
        typer.BadParameter: nothing, which a ValueError of it says; or the text is a secret.
    """
    if looks_private(text):
        raise typer.BadParameter(f"{option}: {_PRIVATE}")
    try:
        return take(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {text}: {error}") from error


def missing(option: str, what: str) -> typer.BadParameter:
    """Return the error that nobody can be asked for what an option would say."""
    return typer.BadParameter(f"There is no terminal to ask you on; give {what}: {option} …")
