"""The section of the peer chain: its nodes, and where the switcher keeps and shows its replica."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo

from chains.peer.blocks import Proof, Rule
from chains.settings import PeerChainSettings, PeerSettings
from peernode.settings import ReplicaSettings
from serving.address import url_of
from understudy.config import values
from understudy.config.part import LIST, Part

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 5000
DEFAULT_FILE = "peers.db"


def _peer_url(value: Any) -> str:
    parts = values.parted_url(value, ("http", "https"))
    if "?" in value or "#" in value:
        raise values.refusal(
            "must end before the ? or #; it is the address that /chain is added to"
        )
    return parts.geturl().rstrip("/")


def _advertised(value: Any) -> str:
    parts = values.parted_url(value, ("http", "https"))
    if parts.scheme != "http":
        raise values.refusal(
            "must be plain http; existing nodes ask no other way, whatever it says"
        )
    if parts.path.strip("/") or "?" in value or "#" in value:
        raise values.refusal("must end after the port; existing nodes keep only host and port")
    if is_unspecified(parts.hostname or ""):
        raise values.refusal("names no machine that a peer could call; name this one's own address")
    return parts.geturl().rstrip("/")


def is_unspecified(host: str) -> bool:
    """Tell whether a host stands for all addresses of a machine, which nobody can call."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _network(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 - pydantic takes ValueError for a bad value
    network = ip_network(value, strict=False)
    if "/" in value and str(network.network_address) != value.partition("/")[0].lower():
        raise values.refusal(f"has bits set beyond its mask; is {network} meant?")
    return str(network)


def _database(value: Any, info: ValidationInfo[values.Context]) -> str:
    return values.database_url(
        value,
        info.context.folder,
        remedy="the PostgreSQL client's own password file, ~/.pgpass",
        kept="the chain",
    )


Network = Annotated[
    str,
    BeforeValidator(_network),
    Field(description="a network, such as 10.0.0.0/8 or fd00::/8"),
]


PeerUrl = Annotated[
    str,
    BeforeValidator(_peer_url),
    Field(description="an HTTP URL with a host, such as http://10.0.0.5:5000"),
]
Database = Annotated[
    str,
    BeforeValidator(_database),
    Field(
        description="an SQLAlchemy URL: sqlite:////var/lib/understudy/peers.db "
        "or postgresql+psycopg://user@host/name"
    ),
]


class PeerNode(Part):
    """A node of the peer chain."""

    name: values.Name
    """What it is called in metrics, logs, the journal and orders."""
    url: PeerUrl
    """Its address; `/chain` is added to it."""


class Peers(Part):
    """The peer chain.

    `listen` may be anywhere: the replica shows nothing but the chain, which is public, and takes
    nothing from callers.
    """

    proof: Annotated[Literal["pair", "linked"], Field(description="pair or linked")] = "pair"
    """The rule of its proofs: of the last proof alone (pair), or of the last hash too (linked)."""
    listen: values.Address = (DEFAULT_HOST, DEFAULT_PORT)
    """Where the switcher shows the longest valid chain, its replica, to peers."""
    advertise: Annotated[
        str | None,
        BeforeValidator(_advertised),
        Field(description="the HTTP URL at which peers call it, such as http://10.0.0.9:5000"),
    ] = None
    """The address at which peers reach the replica; that of `listen` without it."""
    max_depth: Annotated[int, Field(ge=0, description="a whole number, 0 or more")] = 100
    """How many blocks of its own the replica gives up for a longer chain without a person."""
    database: Database | None = None
    """Where the replica is kept; beside the journal where that is a file."""
    deadline: values.PositiveDuration = 120
    """How long finding and fetching the longest chain may take."""
    nodes: Annotated[list[PeerNode], Field(min_length=1, description=LIST)]
    """The nodes of the peer chain that are followed and brought along."""

    def settings(self) -> PeerChainSettings:
        """Return what the watchers of the peer chain are told."""
        return PeerChainSettings(
            nodes=tuple(PeerSettings(each.name, each.url) for each in self.nodes),
            proof=Proof(Rule(self.proof)),
            deadline=float(self.deadline),
        )

    def replica(self, journal: str) -> ReplicaSettings:
        """Return what the switcher's replica is told; `journal` is the switcher's own database.

        Where that is no SQLite file, `database` is given, which `checks` sees to.
        """
        host, port = self.listen
        return ReplicaSettings(
            advertise=self.advertise or url_of(host, port),
            database=self.database or f"sqlite:///{beside(journal)}",
            host=host,
            port=port,
            max_depth=self.max_depth,
            chain=self.settings(),
        )


def beside(journal: str) -> Path | None:
    """Return where the replica is kept if nothing is said; None where the journal is no file."""
    file = values.sqlite_file(journal)
    return file.with_name(DEFAULT_FILE) if file else None
