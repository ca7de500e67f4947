"""What a caller may put into a block. Pure.

Sender, recipient and amount may be any JSON, as with existing nodes. What goes into a block must be
something over which every node makes the same hash, and which every node can read again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Never

from chains.errors import MalformedDataError
from chains.peer.encoding import encode
from peernode.errors import RefusedError

MOST_BYTES = 100_000
"""What a transaction may take as JSON."""

_WANTED = ("sender", "recipient", "amount")


def parse_object(body: bytes) -> Mapping[str, Any]:
    """Return a request's body, a JSON object.

    Raises:
        RefusedError: it is none, or no JSON at all.
    """
    try:
        values = json.loads(body, parse_constant=_no_number, parse_float=_number)
    except RecursionError as error:
        raise RefusedError(400, "The body is nested too deeply.") from error
    except ValueError as error:
        raise RefusedError(400, f"The body is no JSON: {error!s:.100}.") from error
    if not isinstance(values, dict):
        raise RefusedError(400, "The body is no JSON object.")
    return values


def parse_transaction(body: bytes) -> dict[str, Any]:
    """Return the transaction that a request's body asks for.

    Raises:
        RefusedError: it can't be part of a block.
    """
    values = parse_object(body)
    missing = [name for name in _WANTED if name not in values]
    if missing:
        raise RefusedError(400, f"Missing values: {', '.join(missing)}.")
    transaction = {name: values[name] for name in _WANTED}
    try:
        # Within a block, since that is what mustn't be nested too deeply.
        encode({"transactions": [transaction]})
        size = len(encode(transaction))
    except MalformedDataError as error:
        raise RefusedError(400, f"The transaction {error}.") from error
    if size > MOST_BYTES:
        raise RefusedError(413, f"The transaction takes over {MOST_BYTES} bytes.")
    return transaction


def _no_number(text: str) -> Never:
    raise ValueError(f"{text} is no number")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text:.20} is too large for a number")
    return value
