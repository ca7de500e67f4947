"""A value that stands alone, as an option has it or somebody types it, read as in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from understudy.config.values import Context


def read_value(kind: Any, value: str, prefix: str = "") -> Any:
    """Return a value as the configuration file would have it.

    Raises:
        ValueError: it is none; the text says what it must be, such as "must be a name …".
    """
    adapter = TypeAdapter(kind)
    try:
        return adapter.validate_python(value, context=Context(prefix, Path.cwd()))
    except ValidationError as error:
        [first, *_] = error.errors()
        told = first["msg"]
        if first["type"] != "refused":
            told = f"must be {adapter.json_schema()['description']}"
    raise ValueError(told)
