"""The exporter before a devnet: real connections, real blocks, a process of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections import Counter
from pathlib import Path

import bcrypt
import httpx
import pytest

from chains.bitshares.votes import VoteWatch
from chains.bitshares.watch import Watch
from chains.settings import ChainSettings, PeerChainSettings
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from exporter.errors import ExporterError
from exporter.service import serve
from exporter.settings import ExporterSettings
from serving.tls import trusting
from tests.alertmanager.tools import run
from tests.chains.peer.made import forged, tip_of
from tests.chains.peer.nodes import Own, Plain
from tests.chains.peer.nodes import serving as peers_serving
from tests.support.certificates import self_signed

from .program import chain_settings
from .running import DEADLINE, exporting, of, told


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def test_peers_are_measured_while_no_bitshares_node_answers(port: int) -> None:
    chain = forged(3, rule=PeerChainSettings().proof)
    longer, shorter = Own(chain, "p1"), Plain(chain[:2], "p2")
    bitshares = {"chain_id": "ab" * 32, "nodes": {"eu": "ws://127.0.0.1:1"}, "witnesses": {}}
    async with peers_serving(longer, shorter) as peers:
        named = {peer.name: peer.url for peer in peers}
        async with exporting({**bitshares, "port": port, "peers": named}) as exporter:
            found = await exporter.until(
                lambda s: (
                    of(s, "peer_chain_canonical", peer="p1") == 1
                    and of(s, "peer_chain_state", peer="p2", state="behind") == 1
                )
            )
            assert of(found, "peer_chain_tip_info", peer="p1", hash=tip_of(chain)) == 1
            assert of(found, "peer_chain_length_blocks", peer="p2") == 2
            longer.chain = shorter.chain
            await exporter.until(lambda s: of(s, "peer_chain_canonical", peer="p2") == 1)


async def test_a_dead_host_a_lost_node_and_the_end_as_a_scraper_sees_them(port: int) -> None:
    async with Devnet(DevnetSettings(prehistory=60)) as net:
        settings = told(net, port)
        lost, frozen, _ = settings["nodes"]
        alpha = {"witness": "init0", "producer": "alpha", "signing_key": net.signing_key("alpha")}
        async with exporting(settings) as exporter:
            found = await exporter.until(
                lambda s: (
                    all(of(s, "bitshares_node_canonical", node=n) == 1 for n in settings["nodes"])
                    and of(s, "bitshares_producer_up", **alpha) == 1
                    and of(s, "bitshares_producer_canonical", **alpha) == 1
                )
            )
            assert run("promtool", "check", "metrics", stdin=await exporter.text()) == ""
            assert of(found, "bitshares_chain_active_witnesses") == 7
            assert of(found, "bitshares_producer_signing", **alpha) == 1
            assert of(found, "bitshares_witness_fee_balance", witness="init0") == 10_000
            assert (
                of(
                    found,
                    "process_resident_memory_bytes",
                )
                is not None
            )
            assert found["process_resident_memory_bytes"][()] < 100e6

            await net.nodes["alpha"].kill()
            await net.nodes[lost].kill()
            await net.nodes[frozen].freeze()
            key = {"witness": "init0", "signing_key": net.signing_key("alpha")}
            found = await exporter.until(
                lambda s: (of(s, "bitshares_witness_recent_missed_blocks", **key) or 0) >= 1
            )
            assert of(found, "bitshares_producer_up", **alpha) == 0
            assert of(found, "bitshares_producer_canonical", **alpha) is None
            assert of(found, "bitshares_producer_signing", **alpha) == 1
            assert of(found, "bitshares_node_up", node=lost) == 0
            assert of(found, "bitshares_node_head_block", node=lost) is None

            started = time.perf_counter()
            await exporter.text()
            assert time.perf_counter() - started < 1.0  # the frozen node is not waited for

            exporter.process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(exporter.process.wait(), 5.0) == 0


@pytest.mark.parametrize("witnesses", [1, 21])
async def test_a_block_costs_a_node_two_calls_however_many_witnesses(witnesses: int) -> None:
    blocks = 5
    calls: Counter[str] = Counter()
    async with Devnet(DevnetSettings(witnesses=21, prehistory=84)) as net:
        settings = chain_settings(told(net, 0, witnesses))
        watch = Watch(settings, on_call=lambda node, _: calls.update([node]))
        votes = VoteWatch(watch)
        following = asyncio.gather(watch.run(), votes.run())
        try:
            async with asyncio.timeout(DEADLINE):
                await until_all_canonical(watch)
                await net.wait_blocks(1)
                begun, first = Counter(calls), net.state.number
                await net.wait_blocks(blocks)
                made, last = calls - begun, net.state.number
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    assert votes.ranking
    for node in settings.nodes:
        # One more block at most is half read where the count begins or ends.
        assert blocks <= made[node.name] <= 2 * (last - first + 1)


async def until_all_canonical(watch: Watch) -> None:
    seen = -1
    while not all(node.up and node.verdict == "canonical" for node in watch.nodes):
        seen = await watch.changed(seen)


async def test_with_a_certificate_and_users_it_answers_these_over_tls_only(
    port: int, tmp_path: Path
) -> None:
    tls, users = self_signed(tmp_path, "exporter"), tmp_path / "users"
    users.write_text(f"one:{bcrypt.hashpw(b'sun', bcrypt.gensalt(4)).decode()}\n")
    users.chmod(0o600)
    settings = ExporterSettings("127.0.0.1", port, tls, users)
    listens = asyncio.Event()
    serving = asyncio.create_task(
        serve(ChainSettings((), ()), settings, on_listen=lambda _: listens.set())
    )
    try:
        await asyncio.wait_for(listens.wait(), DEADLINE)
        context = trusting(tls.certificate_file)
        async with httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{port}", verify=context, trust_env=False
        ) as client:
            assert (await client.get("/metrics")).status_code == 401
            assert (await client.get("/metrics", auth=("one", "sun"))).status_code == 200
            assert (await client.get("/healthz")).status_code == 200
        async with httpx.AsyncClient(trust_env=False) as plain:
            with pytest.raises(httpx.TransportError):
                await plain.get(f"http://127.0.0.1:{port}/metrics")
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def test_a_key_that_others_can_read_is_refused(port: int, tmp_path: Path) -> None:
    tls = self_signed(tmp_path, "exporter")
    tls.key_file.chmod(0o644)
    with pytest.raises(ExporterError, match="open to others than its owner"):
        await serve(ChainSettings((), ()), ExporterSettings("127.0.0.1", port, tls))


async def test_an_address_that_is_taken_is_told_in_a_sentence(port: int) -> None:
    sentence = f"can't listen on 127.0.0.1:{port}: Address already in use$"
    with socket.create_server(("127.0.0.1", port)), pytest.raises(OSError, match=sentence):
        await serve(ChainSettings((), ()), ExporterSettings("127.0.0.1", port))
