"""Plain peers in threads of the test's own process, and a switcher's workers for them."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from chains.bitshares.watch import Watch
from chains.peer.blocks import PeerBlock, Rule
from chains.settings import PeerChainSettings, PeerSettings
from devnet.plain_http import Answer
from devnet.plain_peer import PlainPeer, make_server
from peernode.settings import ReplicaSettings
from switcher.journal.docket import Docket
from switcher.journal.journal import Journal
from switcher.metrics import Metrics
from switcher.model import Entry
from switcher.resolving.desk import ChainDesk
from switcher.resolving.keeper import Keeper
from switcher.resolving.metrics import ResolveMetrics
from switcher.resolving.model import Kind, Subject, Wish
from switcher.resolving.peers import PeerWorker
from switcher.resolving.staff import ChainStaff
from switcher.settings import KeyFileSigner, Policy, SwitcherSettings
from switcher.webhook import parse_notification
from tests.peernode.made import EASY, chain
from tests.switcher.resolving.voters import Voters
from tests.switcher.stage import doubt, webhook_bytes
from tests.switcher.written import checked
from understudy.stack.ports import free_ports

P1 = Subject(Kind.PEER, "p1")


class Peer(PlainPeer):
    """A plain peer that notes by which paths it was called, and may do as a test says."""

    def __init__(self) -> None:
        super().__init__(Rule.PAIR, EASY.zeros)
        self.called: list[str] = []
        self.on_register: Callable[[Any], Answer] | None = None
        self.on_resolve: Callable[[], Answer] | None = None
        self.url = ""

    def hold(self, blocks: Sequence[PeerBlock]) -> None:
        """Have this chain from now on."""
        self.chain = [json.loads(block.body) for block in blocks]

    def register(self, values: Any) -> Answer:
        self.called.append(f"register {values['nodes']}")
        return self.on_register(values) if self.on_register else super().register(values)

    def resolve(self) -> Answer:
        self.called.append("resolve")
        return self.on_resolve() if self.on_resolve else super().resolve()


@contextmanager
def peers(*lengths: Sequence[PeerBlock]) -> Iterator[list[Peer]]:
    """Run a plain peer for each chain."""
    running = []
    try:
        for blocks in lengths:
            peer = Peer()
            peer.hold(blocks)
            server = make_server(peer, "127.0.0.1", 0)
            peer.url = f"http://127.0.0.1:{server.server_address[1]}"
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            running.append((peer, server, thread))
        yield [peer for peer, _, _ in running]
    finally:
        for _, server, thread in running:
            server.shutdown()
            thread.join()
            server.server_close()


def replica_settings(folder: Path, urls: Sequence[str], **changes: Any) -> ReplicaSettings:
    """Return the settings of a replica; peers are called p1, p2, …"""
    [port] = free_ports(1)
    nodes = tuple(PeerSettings(f"p{number}", url) for number, url in enumerate(urls, 1))
    values = {
        "advertise": f"http://127.0.0.1:{port}",
        "database": f"sqlite:///{folder / 'peers.db'}",
        "port": port,
        "max_depth": 2,
        "chain": PeerChainSettings(nodes, EASY, probe_timeout=2.0, deadline=10.0),
        **changes,
    }
    return ReplicaSettings(**values)


def forget(keeper: Keeper) -> None:
    """Have the next look at the peers be a search of its own, as after a while."""
    if keeper._replica is not None:
        keeper._replica.resolver._last = None


@dataclass
class Scene:
    """A journal, a replica, and the worker of the first peer."""

    journal: Journal
    desk: ChainDesk
    keeper: Keeper
    staff: ChainStaff
    worker: PeerWorker
    metrics: Metrics
    clock: list[float] = field(default_factory=lambda: [1_000.0])

    async def post(self, status: str = "firing", **changes: Any) -> list[str]:
        """Take in an alert about the first peer."""
        judged = parse_notification(webhook_bytes(doubt(peer="p1", status=status, **changes)))
        now = self.clock[0]
        taken = await self.journal.take(judged.alerts, {}, now, self.staff.standing())
        return [receipt.result for receipt in taken]

    async def ask(self, allow_depth: int | None = None) -> None:
        """Have a person ask for the first peer."""
        wish = Wish("maria", "it was ours", allow_depth)
        await self.desk.docket.ask(P1, wish, self.clock[0])

    async def step(self, seconds: float = 60.0) -> None:
        """Let time go by, and have the worker look at what the peers are now."""
        self.clock[0] += seconds
        forget(self.keeper)
        await self.worker.step()

    async def entries(self) -> list[Entry]:
        """Return the journal, oldest first."""
        return (await self.journal.entries())[::-1]

    async def words(self) -> list[str]:
        """Return what the journal tells, oldest first."""
        return [entry.value for entry in await self.entries()]

    def metric(self, line: str) -> float:
        """Return a sample by the beginning of its line."""
        text = self.metrics.expose().decode()
        return float(next(t for t in text.splitlines() if t.startswith(line)).rpartition(" ")[2])


@asynccontextmanager
async def scene(
    folder: Path, replica: ReplicaSettings, journal: str = "", **policy: Any
) -> AsyncIterator[Scene]:
    """Have a switcher's replica and its workers for peers, on a journal that is checked later."""
    url = journal or f"sqlite:///{folder / 'understudy.db'}"
    secrets = KeyFileSigner(Path("unused"))
    settings = SwitcherSettings(Path("unused"), url, secrets, policy=Policy(**policy))
    clock = [1_000.0]
    async with Journal(url) as opened:
        metrics, keeper = Metrics({}), Keeper(replica)
        names = [Subject(Kind.PEER, node.name) for node in replica.chain.nodes]
        shown = ResolveMetrics(metrics.registry, metrics.count_decision, names, keeper)
        watch = cast("Watch", Voters())
        desk = ChainDesk(
            settings, watch, Docket(opened), shown, lambda: clock[0], lambda: clock[0] - 1e4
        )
        staff = ChainStaff(desk, keeper)
        async with staff.at_work():
            worker = PeerWorker(desk, keeper, replica.chain.nodes[0])
            yield Scene(opened, desk, keeper, staff, worker, metrics, clock)
    assert checked(url).flaws == []


LONG = chain(6)
SHORT = LONG[:3]
