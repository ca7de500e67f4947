"""What `/metrics` and the page say of the nodes of a peer chain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import httpx
from prometheus_client import CollectorRegistry

from chains.peer.views import PeerView
from chains.standing import Divergence, Verdict
from exporter.app import create_app
from exporter.exposition import Exposition
from tests.alertmanager.tools import run

from .seen import nothing_seen

TIP, OTHER = "ab" * 32, "cd" * 32
FIRST = PeerView("p1", Verdict.CANONICAL, up=True, length=7, valid=True, tip=TIP)


@dataclass
class Peers:
    views: Sequence[PeerView]


EVERY_KIND = Peers(
    [
        FIRST,
        PeerView("p2", Verdict.BEHIND, up=True, length=5, valid=True, tip=OTHER),
        replace(FIRST, name="p3", verdict=Verdict.FORKED, tip=OTHER, divergence=Divergence(5, 2)),
        PeerView("liar", Verdict.INVALID, up=True, length=900, valid=False, detail="block 3: <b>"),
        PeerView("new", Verdict.UNSYNCED, up=True, length=7),
        PeerView("gone", Verdict.UNREACHABLE, length=7, valid=True, tip=TIP, detail="refused"),
    ]
)


def metrics(peers: Peers | None) -> str:
    exposition = Exposition(nothing_seen(), CollectorRegistry(), lambda: 1_800_000_000, peers)
    return exposition.text("")[0].decode()


def test_every_peer_is_told_as_it_stands(golden: Callable[[str, str], None]) -> None:
    text = metrics(EVERY_KIND)
    golden("peers", text[text.index("# HELP peer_chain_up") :])
    assert run("promtool", "check", "metrics", stdin=text) == ""


def test_without_peers_nothing_is_said_of_them() -> None:
    assert "peer_chain" not in metrics(None)


def test_no_length_that_a_peer_claims_stops_the_metrics() -> None:
    boasting = Peers([PeerView("liar", Verdict.INVALID, up=True, length=10**400, valid=False)])
    (line,) = (each for each in metrics(boasting).splitlines() if each.startswith("peer_chain_le"))
    assert float(line.split()[1]) == 2**53


async def test_the_page_shows_every_peer_and_why_it_does_not_count() -> None:
    seen = nothing_seen()
    exposition = Exposition(seen, CollectorRegistry(), lambda: 0.0, EVERY_KIND)
    transport = httpx.ASGITransport(app=create_app(seen, exposition, EVERY_KIND))
    async with httpx.AsyncClient(transport=transport, base_url="http://exporter") as client:
        page = (await client.get("/")).text
    cells = "<td>liar</td><td>invalid</td><td>900</td><td></td><td>block 3: &lt;b&gt;</td>"
    assert cells in page
    assert f"<td>p1</td><td>canonical</td><td>7</td><td>{TIP}</td>" in page


async def test_the_page_of_an_exporter_without_peers_has_no_table_for_them() -> None:
    seen = nothing_seen()
    exposition = Exposition(seen, CollectorRegistry(), lambda: 0.0)
    transport = httpx.ASGITransport(app=create_app(seen, exposition))
    async with httpx.AsyncClient(transport=transport, base_url="http://exporter") as client:
        assert "Peer" not in (await client.get("/")).text
