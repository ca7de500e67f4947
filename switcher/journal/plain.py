"""Text and JSON that every database keeps and every program can show. Pure.

Nodes and people may send what PostgreSQL refuses (NUL) or what UTF-8 can't say (lone surrogates,
which JSON can); an entry must not fail for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

_UNSPEAKABLE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def plain_text(text: str) -> str:
    """Return a text with a replacement character for each that can't be stored."""
    return _UNSPEAKABLE.sub(_REPLACEMENT, text)


def plain_json(value: Any) -> Any:
    """Return a JSON value whose texts are plain; NaN and the infinities, which are none, are null.

    Mappings become dicts, and sequences lists, as they are when they are read again.
    """
    match value:
        case str():
            return plain_text(value)
        case Mapping():
            return {plain_text(str(name)): plain_json(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain_json(inner) for inner in value]
        case float() if not math.isfinite(value):
            return None
    return value
