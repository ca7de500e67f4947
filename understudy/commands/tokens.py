"""`understudy token`: who may talk to the switcher."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from switcher.auth import Scope, Tokens, new_token
from switcher.errors import TokenFileError
from switcher.secret_file import write_new_secret
from understudy.commands.configured import load
from understudy.commands.options import DEFAULT_CONFIG, Config, Json
from understudy.commands.output import print_json, remarks

app = typer.Typer(no_args_is_help=True, help="Tokens for Alertmanager, operators and readers.")

_NEW_FILE_MODE = 0o600


@app.callback()
def _group() -> None:
    """Keep `token new` a group, so that further commands can join it."""


def _scope(text: str) -> Scope:
    """Read a scope; what typer says of a wrong one begins with "Value error", of pydantic."""
    try:
        return Scope(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(Scope)}.") from error


@app.command("new")
def new(
    scope: Annotated[
        Scope,
        typer.Option(
            parser=_scope,
            metavar=f"<{'|'.join(Scope)}>",
            help="alerts: post alerts and nothing else; operate; or read.",
        ),
    ],
    name: Annotated[str, typer.Option(help="Whose token it is, as it stands in the journal.")],
    config: Config = DEFAULT_CONFIG,
    file: Annotated[
        Path | None, typer.Option(help="The token file, instead of the configuration's.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Put the token into this new file, for you alone, unprinted."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a token, print it once or put it into a file, and keep its hash in the token file.

    The switcher knows it after its next start. To give it to Alertmanager:
    understudy token new --scope alerts --name alertmanager --out alertmanager-token
    """
    path = file or load(config).needed_switcher().token_file
    token = give(scope, name, path, out)
    if as_json:
        where = {"out": out} if out else {"token": token}
        print_json({"name": name, "scope": scope, **where, "file": path})
    elif out:
        remarks.print(f"{name} may {scope}: the token is in {out}, its hash in {path}.")
    else:
        typer.echo(token)
        remarks.print(f"{name} may {scope}: its hash is in {path}; the token won't be shown again.")


def give(scope: Scope, name: str, path: Path, out: Path | None) -> str:
    """Make a token, keep its hash in a token file, and put it into `out`, if that is given.

    Raises:
        TokenFileError: the token file can't be used, or has one of that name.
        SecretFileError: there is a file `out` already, or it can't be written.
        typer.BadParameter: no token can be called so.
    """
    token, line = _named(scope, name)
    before = _untaken(path, name)
    with _kept(out, token, path) if out else nullcontext():
        _append(path, line if not before or before.endswith("\n") else f"\n{line}")
    return token


def _named(scope: Scope, name: str) -> tuple[str, str]:
    try:
        return new_token(scope, name)
    except TokenFileError as error:
        raise typer.BadParameter(str(error), param_hint="'--name'") from error


def _untaken(path: Path, name: str) -> str:
    """Return what the token file holds so far, which must be no token of this name."""
    if not path.exists():
        return ""
    Tokens.load(path)
    before = path.read_text(encoding="ascii")
    if any(known.split()[:1] == [name] for known in before.splitlines()):
        raise TokenFileError(
            f"The token file {path} has a token named {name} already; choose another name, or "
            "remove its line first."
        )
    return before


@contextmanager
def _kept(out: Path, token: str, token_file: Path) -> Iterator[None]:
    """Put the token into a new file, which goes again if its hash can't be kept.

    It comes before the hash: a hash whose token nobody has would only take the name.
    """
    if out.resolve() == token_file.resolve():
        raise typer.BadParameter(f"{out} is the token file, which has hashes only.")
    write_new_secret(out, token)
    try:
        yield
    except BaseException:
        out.unlink()
        raise


def _append(path: Path, line: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _NEW_FILE_MODE)
    except OSError as error:
        raise TokenFileError(
            f"The token file {path} can't be written: {error.strerror}."
        ) from error
    with os.fdopen(descriptor, "a", encoding="ascii") as written:
        written.write(line)
