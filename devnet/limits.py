"""How much a node lets be asked for at once."""

from __future__ import annotations

from typing import Any

from devnet.making import SOURCE
from devnet.node_config import API_CONFIG
from devnet.refusals import failed_at

_LOOKUP_LIMIT = 1_000


def refuse_more(items: list[Any], name: str, what: str, method: str) -> None:
    """Refuse more arguments than a method takes; `name` is what the node calls them.

    Raises:
        RefusedError: as bitshares-core's database_api.cpp words it.
    """
    limit = API_CONFIG[f"api_limit_{method}"]
    if len(items) > limit:
        raise failed_at(
            SOURCE,
            method,
            f"{name}.size() <= configured_limit",
            f"Number of querying {what} can not be greater than ${{configured_limit}}",
            {"configured_limit": limit},
        )


def checked_limit(limit: int, method: str) -> int:
    """Return how many answers are asked for.

    Raises:
        RefusedError: more than a node gives.
    """
    if limit > _LOOKUP_LIMIT:
        raise failed_at(
            SOURCE,
            method,
            "limit <= configured_limit",
            "limit can not be greater than ${configured_limit}",
            {"configured_limit": _LOOKUP_LIMIT},
        )
    return limit
