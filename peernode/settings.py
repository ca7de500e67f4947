"""What a node of the peer chain is told, as typed values; the `understudy` package fills them in.

`database` is an SQLAlchemy URL without a password, of a file of SQLite or of a PostgreSQL.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chains.settings import PeerChainSettings


@dataclass(frozen=True, slots=True)
class BareNodeSettings:
    """A node that runs alone: where it listens, what keeps its chain, and whom it asks.

    The chain's `nodes` are those that the operator named; others are registered by callers.
    """

    database: str
    host: str = "127.0.0.1"
    port: int = 5000
    chain: PeerChainSettings = field(default_factory=PeerChainSettings)


@dataclass(frozen=True, slots=True)
class ReplicaSettings:
    """The replica of the longest valid chain, which others can be sent to.

    `advertise` is the URL at which the nodes reach it. Without a person it never replaces more than
    `max_depth` of its own blocks.
    """

    database: str
    host: str = "127.0.0.1"
    port: int = 5000
    advertise: str = "http://127.0.0.1:5000"
    max_depth: int = 100
    chain: PeerChainSettings = field(default_factory=PeerChainSettings)
