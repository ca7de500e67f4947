"""The replica of the longest chain: served, kept up to date, and asked how the peers stand.

A port that is taken when the switcher starts is an error, as for its own. Whatever happens to the
replica later is told and mended, and nothing else waits for it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from chains.peer.findings import Standing
from peernode.errors import PeerNodeError
from peernode.node import Replica
from peernode.resolution import Resolution
from peernode.service import serve_replica
from peernode.settings import ReplicaSettings
from serving.server import listen
from switcher.resolving.rule_on_peer import Compared

_EVERY = 60.0
"""Seconds between two looks without a reason. A replica that is far behind would take a forged
chain that begins at its own end, however long the true one is by then."""

_REST = 10.0
"""Seconds after a failure until the replica is tried again."""

_log = structlog.get_logger("switcher.replica")


@dataclass(frozen=True, slots=True)
class Progress:
    """How many blocks of a peer's chain are verified, of how many (0: not known)."""

    verified: int
    total: int
    peer: str


class Keeper:
    """Keeps a replica while `serving` lasts.

    `resolution` is what its newest look at the peers came to; `trouble` is why it can't be used
    now, empty if it can.
    """

    def __init__(self, settings: ReplicaSettings) -> None:
        self.settings = settings
        self.progress: Progress | None = None
        self.resolution: Resolution | None = None
        self.trouble = "it is being opened"
        self._replica: Replica | None = None
        self._tried = asyncio.Event()

    def standing(self, peer: str) -> Standing | None:
        """Return how a peer stood when it was last looked at."""
        return Compared(peer, self.resolution).standing

    async def compare(
        self,
        peer: str,
        *,
        max_age: float | None = 0.0,
        rest: float = 0.0,
        allow_depth: int | None = None,
    ) -> Compared:
        """Have the replica take the longest valid chain, and hold a peer against it.

        A look that began within the last `max_age` seconds serves as well; with 0 not even one that
        is under way. With None any serves that is, or that ended within `rest` seconds. A person
        may allow more own blocks to be replaced than the settings do.
        """
        await self._tried.wait()
        await self._look(allow_depth, max_age=max_age, rest=rest)
        return Compared(peer, None if self.trouble else self.resolution, self.trouble)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve and look after the replica for as long as the context lasts.

        Raises:
            OSError: its address can't be listened on.
        """
        listener = listen(self.settings.host, self.settings.port)
        keeping = asyncio.create_task(self._keep(listener), name="replica")
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            listener.close()

    async def _keep(self, listener: socket.socket | None) -> None:
        while True:
            try:
                async with serve_replica(self.settings, listener) as replica:
                    self._replica, self.trouble = replica, ""
                    self._tried.set()
                    await self._follow()
            except (PeerNodeError, OSError) as error:
                self._fail(str(error))
            except Exception as error:
                # Rotations go on whatever it is, and it is tried again.
                _log.exception("the replica failed")
                self._fail(f"unexpected {type(error).__name__}, see the log")
            finally:
                self._replica = None
            listener = None
            await asyncio.sleep(_REST)

    async def _follow(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(_REST if self.trouble else _EVERY)

    async def _look(
        self,
        allow_depth: int | None = None,
        *,
        max_age: float | None = None,
        rest: float = 0.0,
    ) -> None:
        replica = self._replica
        if replica is None:
            return
        try:
            self.resolution = await replica.resolve(
                allow_depth, self._note, max_age=max_age, rest=rest
            )
        except PeerNodeError as error:
            self._fail(str(error))
        else:
            self.trouble = ""
        finally:
            self.progress = None

    def _note(self, verified: int, total: int, peer: str) -> None:
        self.progress = Progress(verified, total, peer)

    def _fail(self, trouble: str) -> None:
        if trouble != self.trouble:
            _log.error("the replica can't be used", error=trouble)
        self.trouble = trouble
        self._tried.set()
