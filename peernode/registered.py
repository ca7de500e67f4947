"""Nodes that callers registered: statements within the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from peernode.errors import RefusedError
from peernode.tables import nodes

MOST = 500
"""Nodes. Every one of them is asked, all at once, whenever somebody asks for the longest chain; of
the 1,024 files that a process may usually open some have to be left for callers."""


def register(db: Connection, urls: Sequence[str]) -> list[str]:
    """Remember nodes by their URLs, and return all that are remembered, in the order they came.

    Raises:
        RefusedError: they would be too many; none is remembered.
    """
    known = everybody(db)
    new = [url for url in dict.fromkeys(urls) if url not in set(known)]
    if len(known) + len(new) > MOST:
        raise RefusedError(
            400, f"There are {len(known)} nodes already, and there may be {MOST} at most."
        )
    if new:
        db.execute(insert(nodes), [{"url": url} for url in new])
    return known + new


def everybody(db: Connection) -> list[str]:
    """Return the URLs of all nodes that were registered, in the order they came."""
    return list(db.scalars(select(nodes.c.url).order_by(nodes.c.number)))
