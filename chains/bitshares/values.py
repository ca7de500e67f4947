"""Ids and integers as nodes write them: each in one way only, or the same would go by two names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from chains.errors import MalformedDataError

ACCOUNT, ASSET, WITNESS = "1.2.", "1.3.", "1.6."
ASSET_FEEDS, BALANCE = "2.4.", "2.5."
"""What the ids of a kind begin with: their space and type. Binary forms hold only the number after
it (bitshares-core, `libraries/protocol/include/graphene/protocol/types.hpp`)."""

UINT8, UINT16, UINT32, UINT64 = ((1 << bits) - 1 for bits in (8, 16, 32, 64))
MOST_UNITS = (1 << 63) - 1
"""Of an asset, in its smallest unit: `share_type` has a sign."""

_INSTANCE = re.compile("0|[1-9][0-9]{0,14}")
_DIGITS = re.compile("0|-?[1-9][0-9]{0,19}")


@lru_cache(maxsize=4096)
def instance(object_id: str, kind: str) -> int:
    """Return the last number of an object's id of a kind: 7 for "1.6.7" and "1.6.".

    Raises:
        MalformedDataError: not an id of that kind as a node writes it.
    """
    found = _INSTANCE.fullmatch(object_id, len(kind)) if object_id.startswith(kind) else None
    if found is None:
        raise MalformedDataError(f"{object_id[:40]!r} is no id of {kind}x")
    return int(found[0])


def whole_number(value: Any, most: int = UINT64, least: int = 0) -> int:
    """Return a node's integer; those over 32 bits come as text.

    Raises:
        MalformedDataError: it is none, or not within the bounds.
    """
    number = int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
    if type(number) is not int or not least <= number <= most:
        raise MalformedDataError(f"{value!r:.40} is not an integer from {least} to {most}")
    return number
