"""`understudy token`: who may talk to the switcher."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from switcher.auth import Scope, Tokens, new_token
from switcher.errors import TokenFileError
from understudy.commands.options import DEFAULT_CONFIG, Config, Json
from understudy.commands.output import print_json, remarks
from understudy.config import load

app = typer.Typer(no_args_is_help=True, help="Tokens for Alertmanager, operators and readers.")

_NEW_FILE_MODE = 0o600


@app.callback()
def _group() -> None:
    """Keep `token new` a group, so that further commands can join it."""


@app.command("new")
def new(
    scope: Annotated[
        Scope, typer.Option(help="alerts: post alerts and nothing else; operate; or read.")
    ],
    name: Annotated[str, typer.Option(help="Whose token it is, as it stands in the journal.")],
    config: Config = DEFAULT_CONFIG,
    file: Annotated[
        Path | None, typer.Option(help="The token file, instead of the configuration's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a token, print it once, and keep its hash in the token file.

    The switcher knows it after its next start. To give it to Alertmanager:
    (umask 077; understudy token new --scope alerts --name alertmanager > alertmanager-token)
    """
    path = file or load(config).needed_switcher().token_file
    token, line = new_token(scope, name)
    _append(path, name, line)
    if as_json:
        print_json({"name": name, "scope": scope, "token": token, "file": path})
        return
    typer.echo(token)
    remarks.print(f"{name} may {scope}: its hash is in {path}; the token won't be shown again.")


def _append(path: Path, name: str, line: str) -> None:
    before = ""
    if path.exists():
        Tokens.load(path)
        before = path.read_text(encoding="ascii")
    if any(known.split()[:1] == [name] for known in before.splitlines()):
        raise TokenFileError(
            f"The token file {path} has a token named {name} already; choose another name, or "
            "remove its line first."
        )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _NEW_FILE_MODE)
    except OSError as error:
        raise TokenFileError(
            f"The token file {path} can't be written: {error.strerror}."
        ) from error
    with os.fdopen(descriptor, "a", encoding="ascii") as written:
        written.write(line if not before or before.endswith("\n") else f"\n{line}")
