"""A devnet, or a network laid out like one, as the configuration of those who watch it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from devnet.hosts import api_names

if TYPE_CHECKING:
    from devnet.peers import PeerNetwork
    from devnet.settings import DevnetSettings


class Addressed(Protocol):
    """Whatever has an address."""

    @property
    def ws_url(self) -> str:
        """Its websocket address."""


class Described(Protocol):
    """A network that is laid out by a devnet's settings, such as a devnet.

    `nodes` has all nodes by name, `peers` the peer chain beside them.
    """

    @property
    def settings(self) -> DevnetSettings:
        """What it was asked to be."""

    @property
    def chain_id(self) -> str:
        """The chain id, 64 hex digits."""

    @property
    def nodes(self) -> Mapping[str, Addressed]:
        """Every node by name."""

    @property
    def peers(self) -> PeerNetwork | None:
        """The peer chain, if there is one."""

    def signing_key(self, name: str) -> str:
        """Return the public signing key (text) that a witness' host holds."""


def configuration(
    net: Described,
    *,
    endpoints: bool | Collection[str] = True,
    watched: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return the part of understudy.yaml that watches this devnet, ready to be dumped.

    `watched` are the accounts of the witnesses in it, None: all that have a ring. Without
    `endpoints`, or for those accounts that it leaves out, nothing is known of the hosts but their
    keys.
    """
    settings = net.settings
    ringed = settings.accounts()[: settings.rings]
    accounts = [account for account in ringed if watched is None or account in watched]
    seen = accounts if endpoints is True else endpoints or ()
    witnesses = [
        {
            "account": account,
            "producers": [
                _producer(net, settings.host_name(account, host), account in seen)
                for host in settings.hosts
            ],
            "feeds": list(settings.feeds),
        }
        for account in accounts
    ]
    nodes = [{"name": name, "url": net.nodes[name].ws_url} for name in api_names(settings)]
    bitshares = {
        "chain_id": net.chain_id,
        "prefix": settings.prefix,
        "core_symbol": settings.core_symbol,
        "nodes": nodes,
        "witnesses": witnesses,
    }
    if net.peers is None:
        return {"bitshares": bitshares}
    peers = [{"name": node.name, "url": node.url} for node in net.peers.nodes]
    return {"bitshares": bitshares, "peers": {"nodes": peers}}


def _producer(net: Described, name: str, endpoint: bool) -> dict[str, Any]:
    producer = {"name": name, "signing_key": net.signing_key(name)}
    return {**producer, "node": net.nodes[name].ws_url} if endpoint else producer
