"""Transactions that wait for a block: statements within the caller's transaction.

They are told apart as their JSON is, which is what goes into a block's hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from chains.peer.encoding import encode
from peernode.errors import RefusedError
from peernode.tables import pending, settled

MOST = 10_000
"""Transactions that wait before callers are turned away."""

MOST_RETURNED = 100_000
MOST_RETURNED_BYTES = 100_000_000
"""Transactions that wait, and their size, before those of an abandoned branch are given up."""

MOST_IN_BLOCK = 500_000
"""Bytes of transactions in a block that we forge; others are not made to take longer ones."""

REWARDER = "0"
"""The sender of what a node pays itself for a block."""

_AT_ONCE = 50
"""Transactions that are in memory at a time; one from another node's block may take 1 MB."""


def take(db: Connection, transaction: Any) -> None:
    """Let a transaction wait for the next block.

    Raises:
        RefusedError: too many wait already.
    """
    waiting, last = db.execute(select(func.count(), func.max(pending.c.number))).one()
    if waiting >= MOST:
        raise RefusedError(
            503, f"{waiting} transactions wait for a block already; mine one, or try again later."
        )
    _insert(db, [encode(transaction)], (last or 0) + 1)


def oldest(db: Connection) -> list[Any]:
    """Return the transactions that have waited longest, as many as go into a block."""
    found: list[Any] = []
    last, size = None, 0
    while True:
        query = select(pending.c.number, pending.c.body).order_by(pending.c.number)
        if last is not None:
            query = query.where(pending.c.number > last)
        rows = db.execute(query.limit(_AT_ONCE)).all()
        for last, body in rows:  # noqa: B007 - the next query begins after it
            size += len(body)
            if found and size > MOST_IN_BLOCK:
                return found
            found.append(json.loads(body))
        if len(rows) < _AT_ONCE:
            return found


def remove_oldest(db: Connection, count: int) -> None:
    """Remove the oldest transactions, which are in a block now."""
    oldest = select(pending.c.number).order_by(pending.c.number).limit(count).subquery()
    db.execute(delete(pending).where(pending.c.number.in_(select(oldest.c.number))))


def give_back(db: Connection, abandoned: Iterable[bytes]) -> int:
    """Have the transactions of abandoned blocks wait again, before all others.

    Rewards are left out: nobody has earned them any more. Returns how many were given up because
    too many wait, or one is too large for a block of ours.
    """
    waiting = select(
        func.count(), func.min(pending.c.number), func.sum(func.length(pending.c.body))
    )
    count, first, size = db.execute(waiting).one()
    room, space = max(0, MOST_RETURNED - count), MOST_RETURNED_BYTES - (size or 0)
    number = (1 if first is None else first) - room
    given_up, part = 0, list[bytes]()
    for body in map(encode, _payments(abandoned)):
        if len(body) > MOST_IN_BLOCK:
            given_up += 1
            continue
        room, space = room - 1, space - len(body)
        if room < 0 or space < 0:
            room, given_up = 0, given_up + 1
            continue
        part.append(body)
        if len(part) == _AT_ONCE:
            number = _insert(db, part, number)
            part.clear()
    _insert(db, part, number)
    return given_up


def settle(db: Connection, adopted: Iterable[bytes]) -> None:
    """Remove what blocks hold that were adopted: as often as it is there, the oldest first."""
    if db.scalar(select(pending.c.number).limit(1)) is None:
        return
    digests = (digest_of(encode(each)) for each in _payments(adopted))
    while part := list(islice(digests, _AT_ONCE)):
        db.execute(insert(settled), [{"digest": digest} for digest in part])
    ranked = select(
        pending.c.number,
        pending.c.digest,
        func.row_number().over(partition_by=pending.c.digest, order_by=pending.c.number).label("n"),
    ).subquery()
    times = select(settled.c.digest, func.count().label("n")).group_by(settled.c.digest).subquery()
    there = select(ranked.c.number).join(times, ranked.c.digest == times.c.digest)
    db.execute(delete(pending).where(pending.c.number.in_(there.where(ranked.c.n <= times.c.n))))
    db.execute(delete(settled))


def digest_of(body: bytes) -> bytes:
    """Return by what a transaction's JSON is told from others."""
    return hashlib.sha256(body).digest()


def _payments(bodies: Iterable[bytes]) -> Iterator[Any]:
    for body in bodies:
        for transaction in json.loads(body)["transactions"]:
            if not (isinstance(transaction, dict) and transaction.get("sender") == REWARDER):
                yield transaction


def _insert(db: Connection, bodies: Sequence[bytes], number: int) -> int:
    """Have transactions wait under `number` and what follows, and return the next one."""
    rows = [
        {"number": each, "digest": digest_of(body), "body": body}
        for each, body in enumerate(bodies, number)
    ]
    if rows:
        db.execute(insert(pending), rows)
    return number + len(rows)
