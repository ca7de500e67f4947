"""JSON in a database that somebody may have edited by hand."""

from __future__ import annotations

import json
from typing import Any

NO_JSON = "no JSON"
"""What is read where there is none: a text, so that nobody takes it for what he needs."""


def read_json(stored: str | bytes) -> Any:
    """Return what a JSON column holds, `NO_JSON` where nothing can be made of it.

    An error would come out of the driver in the middle of a query, for all rows together.
    """
    try:
        return json.loads(stored)
    except (ValueError, TypeError, RecursionError):
        return NO_JSON
