"""A block's JSON, as Python's `json.dumps(block, sort_keys=True)` writes it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from chains.errors import MalformedDataError

__all__ = ["MOST_NESTED", "encode", "quoted"]

MOST_NESTED = 400
"""Lists and objects within each other. Python's own limit depends on how deep the caller stands, so
that one node would take a block which another one can't read; this one is well below it."""

_write = json.JSONEncoder(sort_keys=True).encode


def encode(block: Mapping[str, Any]) -> bytes:
    """Return the JSON over which a block's hash is made.

    Raises:
        MalformedDataError: no JSON can be made of it: nested too deeply, a number too long.
    """
    try:
        text = _write(block)
    except (ValueError, TypeError, RecursionError) as error:
        raise MalformedDataError(f"can't be written as JSON: {error!s:.80}") from error
    if text.count("[") + text.count("{") > MOST_NESTED and _depth(block) > MOST_NESTED:
        raise MalformedDataError(f"is nested more than {MOST_NESTED} deep")
    return text.encode("ascii")


def _depth(value: Any) -> int:
    """Return how many lists and objects are within each other."""
    depth, level = 0, [value]
    while level:
        inner: list[Any] = []
        for each in level:
            if isinstance(each, Mapping):
                inner.extend(each.values())
            elif isinstance(each, list | tuple):
                inner.extend(each)
            else:
                continue
        depth += any(isinstance(each, Mapping | list | tuple) for each in level)
        level = inner
    return depth
