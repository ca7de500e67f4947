"""Values of options that the configuration file has as well: what is right there is right here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer


def checked(option: str, kind: Any, value: str, prefix: str = "") -> Any:
    """Return an option's value as the configuration file would have it.

    `kind` is one of `understudy.config.values`; `prefix` is what public keys begin with.

    Raises:
        typer.BadParameter: it is none; the text says what it must be, and not what it is, since a
            password may be in it.
    """
    try:
        return read_value(kind, value, prefix)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {error}") from error


def read_value(kind: Any, value: str, prefix: str = "") -> Any:
    """Return a value as the configuration file would have it.

    Raises:
        ValueError: it is none; the text says what it must be, such as "must be a name …".
    """
    from pydantic import TypeAdapter, ValidationError

    from understudy.config.values import Context

    adapter = TypeAdapter(kind)
    try:
        return adapter.validate_python(value, context=Context(prefix, Path.cwd()))
    except ValidationError as error:
        [first, *_] = error.errors()
        told = first["msg"]
        if first["type"] != "refused":
            told = f"must be {adapter.json_schema()['description']}"
    raise ValueError(told)
