"""The watch over peers: each is looked at again and again, and stands towards the longest chain."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

from chains.peer.canonical import Looked, views_of
from chains.peer.client import PeerClient
from chains.peer.connection import Network, open_network
from chains.peer.followed import Followed, Shared, next_wait
from chains.peer.seen import Seen
from chains.peer.trail import Trail
from chains.peer.views import PeerView
from chains.settings import PeerChainSettings, PeerSettings
from chains.standing import Verdict

OnPeerVerdict = Callable[[PeerView], None]


class PeerWatch:
    """Follows all configured peers; what is known is read synchronously from `views`.

    A node of our own kind is asked every few seconds what it has, and gives what differs. Of others
    the size is asked for, and the whole chain only if that changed; ever less often while neither
    that nor the verdict has. `on_verdict` is told of each peer whose verdict is another one than
    before.
    """

    def __init__(
        self, settings: PeerChainSettings, *, on_verdict: OnPeerVerdict | None = None
    ) -> None:
        self.settings = settings
        self.sequence = 0
        self._on_verdict = on_verdict
        self._followed: dict[str, Followed] = {}
        self._since: dict[str, tuple[Seen, float]] = {}
        self._views: list[PeerView] = [PeerView(node.name) for node in settings.nodes]
        self._judged = {node.name: asyncio.Event() for node in settings.nodes}
        self._changed = asyncio.Condition()

    @property
    def views(self) -> Sequence[PeerView]:
        """Return every peer in configured order."""
        return self._views

    async def run(self) -> None:
        """Follow all peers until cancelled."""
        shared = Shared(self.settings, self._trails)
        async with open_network(self.settings) as network, asyncio.TaskGroup() as group:
            for node in self.settings.nodes:
                group.create_task(self._follow(node, network, shared), name=f"peer {node.name}")

    async def changed(self, seen: int) -> int:
        """Wait until something changed since sequence number `seen`; return the present one."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.sequence > seen)
            return self.sequence

    async def _follow(self, node: PeerSettings, network: Network, shared: Shared) -> None:
        client = PeerClient(network, node, self.settings.max_bytes)
        followed = self._followed[node.name] = Followed(client, shared)
        judged = self._judged[node.name]
        waited = 0.0
        while True:
            before = followed.seen
            await followed.look()
            differs = _end(before) != _end(followed.seen)
            if differs:
                await self._announce(node.name, followed.seen)
            # Whoever fell behind is soon brought along, and who leads moves on.
            waited = next_wait(waited, followed.own, differs or judged.is_set())
            judged.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(waited):
                    await judged.wait()

    async def _announce(self, name: str, seen: Seen) -> None:
        self._since[name] = seen, time.monotonic()
        before = {view.name: view.verdict for view in self._views}
        unseen = Seen(), 0.0
        self._views = views_of(
            [Looked(node.name, *self._since.get(node.name, unseen)) for node in self.settings.nodes]
        )
        self.sequence += 1
        async with self._changed:
            self._changed.notify_all()
        for view in self._views:
            if view.verdict not in (before[view.name], Verdict.UNSYNCED):
                self._judged[view.name].set()
                if self._on_verdict is not None:
                    self._on_verdict(view)

    def _trails(self) -> list[Trail]:
        """Return every chain that was verified, also those of peers that are lost."""
        told = (followed.told.trail for followed in self._followed.values())
        return [trail for trail in told if trail is not None]


def _end(seen: Seen) -> tuple[int | None, str | None, str]:
    """Return what makes one look differ from another one."""
    return seen.length, seen.tip, str(seen.error or "")
