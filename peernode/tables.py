"""The tables of a node's database, and making sure that they are ours and of this version.

Their names begin with `peer_`, so that a schema of PostgreSQL may hold a journal beside them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
)

from peernode.errors import StoreError

VERSION = "1"
"""Grows with every change of these tables."""

metadata = MetaData()

_Number = BigInteger().with_variant(Integer, "sqlite")
"""64 bits, signed, in both databases; only an INTEGER counts up by itself in SQLite."""

facts = Table(
    "peer_facts",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)


def _block_columns() -> list[Column[object]]:
    return [
        Column("height", _Number, primary_key=True, autoincrement=False),
        Column("hash", String(64), nullable=False),
        Column("proof", String(20), nullable=False),  # unsigned, which no integer there is
        Column("end", _Number, nullable=False),
        Column("body", LargeBinary, nullable=False),
    ]


blocks = Table("peer_blocks", metadata, *_block_columns())
"""Our chain. `body` is the JSON that is hashed, `end` what all bodies up to there take in bytes."""

staged = Table("peer_staged", metadata, *_block_columns())
"""Verified blocks of a chain that may be adopted; they follow one of ours."""

pending = Table(
    "peer_pending",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary(32), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)
"""Transactions for the next block, by their `number`; `digest` is the body's SHA-256."""

settled = Table(
    "peer_settled",
    metadata,
    Column("number", _Number, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False, index=True),
)
"""What a chain that is being adopted already holds; empty between transactions."""

nodes = Table(
    "peer_nodes",
    metadata,
    Column("number", _Number, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
)
"""Nodes that callers registered."""


def prepare(db: Connection, proof: str, node_id: str) -> str:
    """Make the tables where there are none, and return the node's id, at first the one given.

    `proof` is the rule by which the chain's proofs are found, for good.

    Raises:
        StoreError: another version or another program made them, or the chain has another rule.
    """
    if not inspect(db).has_table(facts.name):
        taken = set(inspect(db).get_table_names()) & set(metadata.tables)
        if taken:
            raise _foreign(", ".join(sorted(taken)))
        metadata.create_all(db)
        told = {"version": VERSION, "node_id": node_id, "proof": proof}
        db.execute(insert(facts), [{"name": name, "value": told[name]} for name in told])
        return node_id
    if {column["name"] for column in inspect(db).get_columns(facts.name)} != set(facts.c.keys()):
        raise _foreign(facts.name)
    version = _fact(db, "version")
    if version != VERSION:
        raise StoreError(
            f"The chain was written with schema {version}, this version of Understudy knows "
            f"schema {VERSION} only; use the version that wrote it, or name another database."
        )
    kept = _fact(db, "proof")
    if not kept:
        row = insert(facts).values(name="proof", value=proof)
        note = row.compile(db, compile_kwargs={"literal_binds": True})
        raise StoreError(
            "An early version wrote the chain, and not by which rule its proofs are found. If that "
            f"is {proof}, as you say, note it in the database: {note};"
        )
    if kept != proof:
        raise StoreError(
            f"The chain's proofs are found by the rule {kept}, not {proof}: name that one, or "
            "another database."
        )
    return _fact(db, "node_id")


def _fact(db: Connection, name: str) -> str:
    """Return what the database says of itself, "" if it says nothing."""
    return db.scalar(select(facts.c.value).where(facts.c.name == name)) or ""


def _foreign(names: str) -> StoreError:
    return StoreError(
        f"The chain's database has tables of that name that are not ours: {names}; name another "
        "database."
    )
