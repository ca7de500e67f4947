"""JSON as a node sends it: bounded before it is taken apart. Pure."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from chains.errors import MalformedDataError

_MOST_VALUES = 500_000
"""Lists, objects and members of one text: a full 2 MB block of transfers has some 450,000. What
would have more takes seconds to read, in which nothing else is done."""

_DEEPEST = 250
"""Lists and objects within each other, as many as nodes themselves take (bitshares-core,
`libraries/net/include/graphene/net/config.hpp`: GRAPHENE_NET_MAX_NESTED_OBJECTS). Python's own
limit is that of its stack: what just keeps it where it is read breaks it where it is looked at."""

_RESULT = re.compile(r'\{\s*"id"\s*:\s*(\d{1,15})\s*,\s*"result"\s*:')
"""How a node's reply begins (fc, `network/rpc/websocket_api.cpp`)."""


def parse_json(text: str | bytes) -> Any:
    """Return what a JSON text says.

    Raises:
        MalformedDataError: it is no JSON, or says too much at once.
    """
    members, nests = _counted(text)
    if members + nests > _MOST_VALUES:
        raise MalformedDataError(f"sent a message of more than {_MOST_VALUES:,} values")
    try:
        value = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise MalformedDataError("sent a message that is not JSON") from error
    if nests > _DEEPEST and _is_deep(value):
        raise MalformedDataError(f"sent lists and objects more than {_DEEPEST} deep in each other")
    return value


def text_of(raw: bytes) -> str:
    """Return a text of which no byte is lost: those that are no UTF-8 stand as lone surrogates."""
    return raw.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """Return the bytes of such a text; raises UnicodeEncodeError where there are none."""
    return text.encode("utf-8", "surrogateescape")


def result_text(reply: str | bytes) -> tuple[int, str] | None:
    """Return the number of a reply and the text of its result, which is not looked at.

    None where the reply is an error, or is written in another way than nodes write it; what comes
    of the text may still be no JSON.
    """
    if not isinstance(reply, str) or not reply.endswith("}"):
        return None
    found = _RESULT.match(reply)
    return (int(found[1]), reply[found.end() : -1]) if found else None


def _counted(message: str | bytes) -> tuple[int, int]:
    """Return how many members, and lists and objects, a text has at most, without reading it."""
    text = message if isinstance(message, bytes) else bytes_of(message)
    return text.count(b","), text.count(b"[") + text.count(b"{")


def _finite(text: str) -> float:
    """Return a number with a fraction, exponent or name; JSON has none that is not finite."""
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text!r:.40} is no number of JSON")
    return number


def _is_deep(value: Any) -> bool:
    """Tell whether lists and objects are too deep within each other, layer by layer."""
    layer = [value]
    for _ in range(_DEEPEST):
        layer = [
            each
            for nest in layer
            for each in (nest.values() if type(nest) is dict else nest)
            if type(each) is dict or type(each) is list
        ]
        if not layer:
            return False
    return True
