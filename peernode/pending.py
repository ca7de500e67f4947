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
"""Transactions that wait before those of an abandoned branch are given up."""

MOST_IN_BLOCK = 500_000
"""Bytes of transactions in a block that we forge; others are not made to take longer ones."""

REWARDER = "0"
"""The sender of what a node pays itself for a block."""

_AT_ONCE = 500


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
    _insert(db, [transaction], (last or 0) + 1)


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
    too many wait.
    """
    waiting, first = db.execute(select(func.count(), func.min(pending.c.number))).one()
    room = max(0, MOST_RETURNED - waiting)
    number = (1 if first is None else first) - room
    payments = _payments(abandoned)
    while part := list(islice(payments, min(_AT_ONCE, room))):
        _insert(db, part, number)
        number += len(part)
        room -= len(part)
    return sum(1 for _ in payments)


def settle(db: Connection, adopted: Iterable[bytes]) -> None:
    """Remove what blocks hold that were adopted: as often as it is there, the oldest first."""
    if db.scalar(select(pending.c.number).limit(1)) is None:
        return
    payments = _payments(adopted)
    while part := list(islice(payments, _AT_ONCE)):
        db.execute(insert(settled), [{"digest": digest_of(encode(each))} for each in part])
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


def _insert(db: Connection, transactions: Sequence[Any], number: int) -> None:
    bodies = [encode(transaction) for transaction in transactions]
    rows = [
        {"number": each, "digest": digest_of(body), "body": body}
        for each, body in enumerate(bodies, number)
    ]
    db.execute(insert(pending), rows)
