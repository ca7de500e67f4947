"""The demonstration from an empty stage to a clean one."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from chains.bitshares.watch import Watch
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from understudy.config import load
from understudy.demo.journal import JournalReader
from understudy.demo.narrator import Narrator
from understudy.demo.report import Report
from understudy.demo.scene import Scene
from understudy.stack import Stack
from understudy.stack.on_devnet import devnet_stack
from understudy.stay import tell_addresses, until_interrupted

STAGE = DevnetSettings(witnesses=7, interval=1, prehistory=60)
_ACCOUNT = "init0"
_SET_SECONDS = 60.0
_FAILOVER_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Set:
    """Everything that runs during the demonstration."""

    net: Devnet
    stack: Stack
    watch: Watch

    def addresses(self) -> Mapping[str, str]:
        """Return where everything can be looked at."""
        return {
            **self.stack.addresses(),
            "devnet": self.net.control_url,
            **{f"node {name}": node.ws_url for name, node in self.net.nodes.items()},
        }


async def play(console: Console, announce: Callable[[Report], None], *, keep: bool) -> Report:
    """Show a failover, announce and return what was seen.

    With `keep` everything then stays up until the process is interrupted; otherwise the report is
    announced once everything is cleaned up.

    Raises:
        StackError: a program did not start, or did not answer.
    """
    narrator = Narrator(console, time.time)
    narrator.title("Understudy: a witness' host dies, its backup takes over")
    narrator.note(
        f"{STAGE.witnesses} witnesses, a block every second. {_ACCOUNT} has the hosts "
        f"{', '.join(STAGE.hosts)},\neach with a signing key of its own. "
        "Prometheus and Alertmanager are the real ones.\n"
    )
    async with stage(STAGE, interval="1s") as running:
        report = await _act(running, narrator)
        if keep:
            tell_addresses(console, running.addresses())
            announce(report)
            await until_interrupted(running.stack)
    if not keep:
        announce(report)
    return report


@asynccontextmanager
async def stage(
    settings: DevnetSettings, *, interval: str | None, policy: Mapping[str, Any] | None = None
) -> AsyncIterator[Set]:
    """Run a devnet and the whole stack on it as `devnet_stack` does, watched from outside."""
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        running = devnet_stack(settings, Path(folder), interval=interval, policy=policy)
        async with running as (net, stack):
            watch = Watch(load(stack.written.configuration).chain)
            following = asyncio.create_task(watch.run())
            try:
                yield Set(net, stack, watch)
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)


async def _act(running: Set, narrator: Narrator) -> Report:
    witness = running.watch.settings.witnesses[0]
    stack = running.stack
    async with JournalReader(stack.switcher_url, stack.written.client_token) as journal:
        scene = Scene(running.net, running.watch, witness, journal, narrator)
        producer = await scene.ready(_SET_SECONDS)
        return await scene.failover(producer, _FAILOVER_SECONDS)
