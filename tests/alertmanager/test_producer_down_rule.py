"""ProducerDown before the real exporter and in the real Prometheus, at the shipped intervals."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from tests.exporter.running import exporting, told
from understudy.stack.ports import free_ports

from .server import Prometheus, prometheus
from .target import Target, target

FIRING = 'ALERTS{alertname="ProducerDown",alertstate="firing"}'
OTHERS = 'ALERTS{alertname=~"ProducerLagging|ProducerForked",alertstate="firing"}'
PENDING = 'ALERTS{alertname="ProducerDown",alertstate="pending"}'
ON_AIR = 'bitshares_producer_up{producer="alpha"} == 1 and bitshares_producer_signing == 1'
EXPORTER_GONE = 'up{job="understudy-exporter"} == 0'
INTERVAL, FOR = 2.0, 8.0
BLIP = 5
"""Blocks, of one second each."""


async def harmless_trouble(
    server: Prometheus, net: Devnet, exporter: dict[str, Any], scraped: Target
) -> None:
    """Lose a scrape, have the host away for some seconds, and the exporter end."""
    async with exporting(exporter):
        await server.until(ON_AIR)
        await scraped.lose_a_scrape()
        await net.nodes["alpha"].kill()
        await net.wait_blocks(BLIP)
        await net.nodes["alpha"].heal()
        await server.until(ON_AIR)
    await server.until(EXPORTER_GONE)


@pytest.mark.stack
async def test_a_dead_host_is_accused_and_neither_a_blip_nor_a_lost_scrape_nor_a_restart_does_it(
    tmp_path: Path,
) -> None:
    (port,) = free_ports(1)
    async with (
        Devnet(DevnetSettings(prehistory=60)) as net,
        target(f"127.0.0.1:{port}") as scraped,
        prometheus(tmp_path, scraped.address) as server,
    ):
        exporter = told(net, port)
        await harmless_trouble(server, net, exporter, scraped)
        assert await server.times(PENDING), "the blip was not even seen"
        async with exporting(exporter):
            await server.until(ON_AIR)
            await net.nodes["alpha"].kill()
            killed = time.time()
            await server.until(PENDING)
            await scraped.lose_a_scrape()
            await server.until(FIRING)
            await scraped.lose_a_scrape()
            await server.until(f"timestamp({FIRING}) > {time.time() + INTERVAL}")
            fired = await server.times(FIRING)
            assert FOR <= fired[0] - killed < 2 * FOR
            # Had it ended in between, it would have had to wait anew.
            assert all(later - earlier < FOR for earlier, later in pairwise(fired))
            assert not await server.times(OTHERS)
            (alert,) = await server.query(FIRING)
            del alert["metric"]["__name__"]
            assert alert["metric"] == {
                "alertname": "ProducerDown",
                "alertstate": "firing",
                "severity": "critical",
                "action": "rotate_signing_key",
                "witness": "init0",
                "producer": "alpha",
                "signing_key": net.signing_key("alpha"),
            }
