"""Values of options that the configuration file has as well: what is right there is right here."""

from __future__ import annotations

from typing import Any

import typer


def checked(option: str, kind: Any, value: str, prefix: str = "") -> Any:
    """Return an option's value as the configuration file would have it.

    `kind` is one of `understudy.config.values`; `prefix` is what public keys begin with.

    Raises:
        typer.BadParameter: it is none; the text says what it must be, and not what it is, since a
            password may be in it.
    """
    from understudy.config.single import read_value

    try:
        return read_value(kind, value, prefix)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {error}") from error
