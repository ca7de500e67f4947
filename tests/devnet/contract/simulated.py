"""The simulated network, in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from tests.support.witness_node.client import DEADLINE
from tests.support.witness_node.process import APIS

from .target import Target

SETTINGS = DevnetSettings(
    interval=1,
    prehistory=40,  # past a maintenance: every witness has been paid
    maintenance_interval=10,
    maintenance_skip_slots=0,
    balances={"init6": 0},
    api_access=frozenset(name.removesuffix("_api") for name in APIS),
)
DEFAULT_SETTINGS = DevnetSettings()
FIRST = "eu"


@contextmanager
def simulated_network(settings: DevnetSettings = SETTINGS) -> Iterator[Target]:
    """Run a devnet until the context ends."""
    with _running_loop() as loop:
        network = Devnet(settings)
        asyncio.run_coroutine_threadsafe(network.__aenter__(), loop).result(DEADLINE)
        try:
            yield _target(network)
        finally:
            closing = network.__aexit__(None, None, None)
            asyncio.run_coroutine_threadsafe(closing, loop).result(DEADLINE)


@contextmanager
def _running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="devnet")
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _target(network: Devnet) -> Target:
    others = [node.ws_url for name, node in network.nodes.items() if name != FIRST]
    return Target(
        name="devnet",
        url=network.nodes[FIRST].ws_url,
        others=tuple(others),
        chain_id=network.chain_id,
        signing_names=("init0-signing", *(f"init0-{name}" for name in network.settings.hosts[1:])),
        simulated=True,
    )
