"""The stage: a devnet, the whole stack on it, and somebody in the audience who watches."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chains.bitshares.watch import Watch
from chains.settings import ChainSettings
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from understudy.config import load
from understudy.demo.journal import JournalReader
from understudy.stack import Replicas, Stack
from understudy.stack.on_devnet import ONE_OF_EACH, devnet_stack


@dataclass(frozen=True, slots=True)
class Set:
    """Everything that runs; `watch` follows the voting nodes as any observer could."""

    net: Devnet
    stack: Stack
    watch: Watch

    def journal(self) -> JournalReader:
        """Return a reader of the switcher's journal, to be entered."""
        return JournalReader(self.stack.switcher.url, self.stack.written.client_token)

    def addresses(self) -> Mapping[str, str]:
        """Return where everything can be looked at."""
        return {
            **self.stack.addresses(),
            "devnet": self.net.control_url,
            **{f"node {name}": node.ws_url for name, node in self.net.nodes.items()},
            **self.net.peer_urls(),
        }


@asynccontextmanager
async def stage(
    settings: DevnetSettings,
    *,
    interval: str | None,
    policy: Mapping[str, Any] | None = None,
    endpoints: bool | Collection[str] = True,
    watched: Collection[str] | None = None,
    replicas: Replicas = ONE_OF_EACH,
    database: str | None = None,
) -> AsyncIterator[Set]:
    """Run a devnet and the whole stack on it as `devnet_stack` does, watched from outside.

    Raises:
        StackError: a program is missing or did not start.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        running = devnet_stack(
            settings,
            Path(folder),
            interval=interval,
            policy=policy,
            endpoints=endpoints,
            watched=watched,
            replicas=replicas,
            database=database,
        )
        async with running as (net, stack):
            configuration = await asyncio.to_thread(load, stack.written.configuration)
            watch = Watch(_without_endpoints(configuration.chain))
            following = asyncio.create_task(watch.run())
            try:
                yield Set(net, stack, watch)
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)


def _without_endpoints(chain: ChainSettings) -> ChainSettings:
    """Return the settings of one who follows the chain and looks at nobody's host."""
    witnesses = tuple(
        replace(witness, producers=tuple(replace(each, node=None) for each in witness.producers))
        for witness in chain.witnesses
    )
    return replace(chain, witnesses=witnesses)
