"""A block's JSON, as Python's `json.dumps(block, sort_keys=True)` writes it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import accumulate
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from chains.errors import MalformedDataError

__all__ = ["MOST_NESTED", "encode", "quoted"]

MOST_NESTED = 400
"""Lists and objects within each other. Python's own limit depends on how deep the caller stands, so
that one node would take a block which another one can't read; this one is well below it."""

_write = json.JSONEncoder(sort_keys=True).encode
_strings = re.compile(r'"(?:[^"\\]|\\.)*"').sub

_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_OTHERS = bytes(set(range(256)) - set(_STEPS))


def encode(block: Mapping[str, Any]) -> bytes:
    """Return the JSON over which a block's hash is made.

    Raises:
        MalformedDataError: no JSON can be made of it: nested too deeply, a number too long.
    """
    try:
        text = _write(block)
    except (ValueError, TypeError, RecursionError) as error:
        raise MalformedDataError(f"can't be written as JSON: {error!s:.80}") from error
    if text.count("[") + text.count("{") > MOST_NESTED and _depth(text) > MOST_NESTED:
        raise MalformedDataError(f"is nested more than {MOST_NESTED} deep")
    return text.encode("ascii")


def _depth(text: str) -> int:
    """Return how many lists and objects are within each other in a JSON text.

    A block may be nothing but brackets, so that this has to be quick.
    """
    brackets = _strings("", text).encode().translate(None, _OTHERS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)
