"""JSON as a node sends it: bounded before it is taken apart. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from chains.errors import MalformedDataError

_MOST_VALUES = 500_000
"""Lists, objects and members of one text: a full 2 MB block of transfers has some 450,000. What
would have more takes seconds to read, in which nothing else is done."""

_RESULT = re.compile(r'\{\s*"id"\s*:\s*(\d{1,15})\s*,\s*"result"\s*:')
"""How a node's reply begins (fc, `network/rpc/websocket_api.cpp`)."""


def parse_json(text: str | bytes) -> Any:
    """Return what a JSON text says.

    Raises:
        MalformedDataError: it is no JSON, or says too much at once.
    """
    if _values(text) > _MOST_VALUES:
        raise MalformedDataError(f"sent a message of more than {_MOST_VALUES:,} values")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedDataError("sent a message that is not JSON") from error


def result_text(reply: str | bytes) -> tuple[int, str] | None:
    """Return the number of a reply and the text of its result, which is not looked at.

    None where the reply is an error, or is written in another way than nodes write it; what comes
    of the text may still be no JSON.
    """
    if not isinstance(reply, str) or not reply.endswith("}"):
        return None
    found = _RESULT.match(reply)
    return (int(found[1]), reply[found.end() : -1]) if found else None


def _values(message: str | bytes) -> int:
    """Return how many lists, objects and members a JSON text has at most, without reading it."""
    text = message if isinstance(message, bytes) else message.encode()
    return text.count(b",") + text.count(b"[") + text.count(b"{")
