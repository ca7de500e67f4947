"""What a node of the peer chain is told, as typed values; `understudy` fills them in.

`database` is an SQLAlchemy URL without a password.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chains.settings import PeerChainSettings


@dataclass(frozen=True, slots=True)
class BareNodeSettings:
    """Where a node that runs alone listens, and what keeps its chain.

    The chain's `nodes` are those that its operator named; callers can register more.
    """

    database: str
    host: str = "127.0.0.1"
    port: int = 5000
    chain: PeerChainSettings = field(default_factory=PeerChainSettings)


@dataclass(frozen=True, slots=True)
class ReplicaSettings:
    """Where the switcher's replica of the peer chain listens, is kept, and how far it gives way.

    `advertise` is the URL that peers are given, plain HTTP without a path. `max_depth` is the most
    own blocks that it replaces without a person.
    """

    advertise: str
    database: str
    host: str = "127.0.0.1"
    port: int = 5000
    max_depth: int = 100
    chain: PeerChainSettings = field(default_factory=PeerChainSettings)
