"""A node of the peer chain as a state machine: what it holds, and what peers would have it hold."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chains.peer.blocks import PeerBlock
from chains.settings import PeerChainSettings, PeerSettings
from peernode.errors import StoppingError
from peernode.resolution import Outcome
from peernode.resolve import Resolver
from peernode.store import Store
from tests.chains.peer.made import EASY, Block, forged
from tests.fuzz.house import FAST
from tests.fuzz.killed import Kill
from tests.fuzz.neighbours import Manner, Neighbour, Neighbourhood
from tests.fuzz.oracle import assert_proven
from tests.peernode.made import after

NAMES = ("p1", "p2", "p3")
names = st.sampled_from(NAMES)
_SETTINGS = PeerChainSettings(
    tuple(PeerSettings(name, f"http://{name}") for name in NAMES), EASY, deadline=60.0
)


class Adopting(RuleBasedStateMachine):
    """What peers may do, and what must be so of the chain that is held."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(dir=FAST)
        self.network = Neighbourhood()
        self.held: list[PeerBlock] = []
        self.allowed: int | None = 0
        self.kill = Kill()
        self.branches = 0

    @initialize(max_depth=st.sampled_from((None, 0, 2)), own=st.lists(st.booleans(), min_size=3))
    def begin(self, max_depth: int | None, own: list[bool]) -> None:
        """Have a node start, or with a `max_depth` a replica with a block; peers have its chain."""
        self.max_depth = max_depth
        self._open()
        self.runner.run(self.store.begin(1.0))
        self.held = self._read()
        for name, is_own in zip(NAMES, own, strict=False):
            self.network.peers[name] = Neighbour(self._blocks(), is_own)

    def teardown(self) -> None:
        """End it."""
        if hasattr(self, "store"):
            self._close()
        self.folder.cleanup()
        self.runner.close()

    # Peers

    @rule(name=names, depth=st.integers(0, 6), count=st.integers(1, 6))
    def go_on(self, name: str, depth: int, count: int) -> None:
        """Have a peer leave some of its blocks, or none, for more others."""
        peer = self.network.peers[name]
        self.branches += 1
        kept = peer.chain[: max(0, len(peer.chain) - depth)]
        peer.others = peer.chain
        peer.chain = forged(len(kept) + count, kept, by=f"branch {self.branches}")

    @rule(name=names, of=st.sampled_from((*NAMES, "ours")))
    def take_over(self, name: str, of: str) -> None:
        """Have a peer take over the chain of another, or ours."""
        peer = self.network.peers[name]
        peer.others = peer.chain
        peer.chain = self._blocks() if of == "ours" else list(self.network.peers[of].chain)

    @rule(name=names, manner=st.sampled_from(Manner), where=st.integers(0, 9), own=st.booleans())
    def change_manners(self, name: str, manner: Manner, where: int, own: bool) -> None:
        """Have a peer answer otherwise."""
        peer = self.network.peers[name]
        peer.manner, peer.where, peer.own = manner, where, own

    # The node

    @rule(count=st.integers(1, 4))
    def mine(self, count: int) -> None:
        """Have blocks of our own."""
        for _ in range(count):
            self.runner.run(self._mine())
        self.allowed = 0
        self._look()

    @rule(allow=st.sampled_from((None, None, 1, 5)), mines=st.booleans())
    def resolve(self, allow: int | None, mines: bool) -> None:
        """Have it look for the longest chain, and maybe find a block of its own meanwhile."""
        if mines:
            self.network.meanwhile = self._mine_once
        longest = self._longest_honest(allow)
        try:
            found = self.runner.run(self.resolver.resolve(allow))
        finally:
            self.network.meanwhile = None
        self.allowed = self._most(allow)
        before = len(self.held)
        self._look()
        if found.outcome is Outcome.REPLACED:
            assert len(self.held) > before
        if not mines:
            assert len(self.held) >= longest, "an honest peer has a longer chain"

    @rule(call=st.integers(1, 6), done=st.booleans(), allow=st.sampled_from((None, 5)))
    def killed_while_it_resolves(self, call: int, done: bool, allow: int | None) -> None:
        """Have it be killed at a call of its database during a search, and started again."""
        with self.kill.at(call, done=done), contextlib.suppress(StoppingError):
            self.runner.run(self.resolver.resolve(allow))
        self.allowed = self._most(allow)
        self._restart()

    @rule()
    def restart(self) -> None:
        """Have it stop and start."""
        self.allowed = 0
        self._restart()

    # What must be so

    @invariant()
    def what_is_held_is_valid(self) -> None:
        """Hold the chain against the protocol as it is written down apart."""
        assert_proven(self.held, EASY)

    def _look(self) -> None:
        before, self.held = self.held, self._read()
        assert len(self.held) >= len(before), "a shorter chain"
        shared = sum(1 for ours, now in zip(before, self.held, strict=False) if ours == now)
        assert before[:shared] == self.held[:shared]
        gone = len(before) - shared
        assert not gone or len(self.held) > len(before), "another chain that is no longer"
        if self.allowed is not None:
            assert gone <= self.allowed, "more of our blocks went than may"

    # Inside

    def _most(self, allow: int | None) -> int | None:
        return None if self.max_depth is None else max(self.max_depth, allow or 0)

    def _longest_honest(self, allow: int | None) -> int:
        most, ours = self._most(allow), self._blocks()
        longest = len(ours)
        for peer in self.network.peers.values():
            shared = sum(1 for one, other in zip(ours, peer.chain, strict=False) if one == other)
            may = most is None or len(ours) - shared <= most
            if peer.manner is Manner.HONEST and may:
                longest = max(longest, len(peer.chain))
        return longest

    def _blocks(self) -> list[Block]:
        return [json.loads(block.body) for block in self.held]

    async def _mine(self) -> None:
        last = await self.store.tip()
        assert last is not None
        await self.store.forge(last, after(last).proof, 2.0)

    async def _mine_once(self) -> None:
        self.network.meanwhile = None
        await self._mine()

    def _read(self) -> list[PeerBlock]:
        async def read() -> list[PeerBlock]:
            length = await self.store.length()
            found = [await self.store.block(height) for height in range(1, length + 1)]
            return [block for block in found if block is not None]

        return self.runner.run(read())

    def _restart(self) -> None:
        self._close()
        self._open()
        self._look()

    def _open(self) -> None:
        network: Any = self.network
        place = Path(self.folder.name) / "peer.db"
        self.store = Store(f"sqlite:///{place}", EASY)
        self.runner.run(self.store.__aenter__())
        self.resolver = Resolver(self.store, network, _SETTINGS, self.max_depth)
        self.kill.threaten(self.store._writer)

    def _close(self) -> None:
        async def close() -> None:
            await self.resolver.close()
            await self.store.__aexit__()

        self.runner.run(close())
