"""A peer chain to try things on."""

from __future__ import annotations

import httpx
import pytest

from chains.peer.blocks import PeerBlock, verify
from chains.peer.client import Head, PeerClient
from chains.peer.connection import open_network
from chains.settings import PeerChainSettings
from devnet.peers import PeerNetwork
from devnet.plain_peers import plain_peer


async def verified(peers: PeerNetwork, name: str) -> list[PeerBlock]:
    return verify(None, await peers.chain(name), peers.proof)


async def test_all_begin_with_one_chain_and_some_mine_ahead() -> None:
    async with PeerNetwork(3) as peers:
        assert [node.name for node in peers.nodes] == ["p1", "p2", "p3"]
        one, two, three = [await verified(peers, node.name) for node in peers.nodes]
        assert one == two == three
        await peers.mine_ahead(["p1", "p2"], 2)
        ahead, same, behind = [await verified(peers, node.name) for node in peers.nodes]
        assert ahead == same
        assert behind == three
        assert ahead[: len(behind)] == behind
        assert len(ahead) == len(behind) + 2
        await peers.bring("p3", to="p2")
        assert await verified(peers, "p3") == ahead
    async with httpx.AsyncClient(trust_env=False) as client:
        for node in peers.nodes:
            with pytest.raises(httpx.ConnectError):
                await client.get(f"{node.url}/chain")


async def test_a_node_that_was_taken_away_is_back_where_it_was_with_its_chain() -> None:
    async with PeerNetwork(2) as peers:
        before = await peers.chain("p2")
        await peers.kill("p2")
        with pytest.raises(httpx.ConnectError):
            await peers.chain("p2")
        await peers.mine("p1")
        await peers.heal("p2")
        assert await peers.chain("p2") == before
        await peers.bring("p2", to="p1")
        assert await peers.chain("p2") == await peers.chain("p1")


async def test_an_existing_node_can_join_in() -> None:
    async with PeerNetwork(1) as peers, plain_peer() as other, httpx.AsyncClient() as client:
        nodes = {"nodes": [peers.nodes[0].url]}
        await client.post(f"{other.url}/nodes/register", json=nodes)
        answer = await client.get(f"{other.url}/nodes/resolve", timeout=30)
        assert answer.json()["new_chain"] == await peers.chain("p1")


async def test_those_who_read_chains_know_its_nodes_for_their_own_kind() -> None:
    settings = PeerChainSettings(allowed=("127.0.0.0/8",))
    async with PeerNetwork(1) as peers, open_network(settings) as network:
        client = PeerClient(network, peers.nodes[0], settings.max_bytes)
        nothing_known, one_known = await client.head(0), await client.head(1)
        chain = await verified(peers, "p1")
        assert nothing_known == Head(len(chain), chain[-1].hash, None)
        assert one_known == Head(len(chain), chain[-1].hash, chain[0].hash)
