"""A seed node before the real prober and the real Prometheus: there, gone, and back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
import yaml

from understudy.stack.ports import free_ports

from .samples import with_samples
from .server import started
from .tools import FOLDER, tool

DEADLINE = 20.0


def _shortened(rules: str) -> str:
    """Return rules that look back for 3 s and wait for one, on a group's interval of 1 s."""
    rules = re.sub(r"interval: \d+s", "interval: 1s", rules)
    return re.sub(r"for: \d+m", "for: 1s", re.sub(r"\[\d+m\]", "[3s]", rules))


def _write(folder: Path, seed: str, prober: str) -> None:
    """Write the sampled job for one seed node, asked every second, and the rules about it."""
    document = yaml.safe_load(with_samples("prometheus.yml"))
    (job,) = (j for j in document["scrape_configs"] if j["job_name"] == "understudy-seed-nodes")
    job.update(scrape_interval="1s", scrape_timeout="1s")
    job["static_configs"] = [{"targets": [seed]}]
    (to_prober,) = (rule for rule in job["relabel_configs"] if "replacement" in rule)
    assert to_prober["replacement"] == "127.0.0.1:9115"
    to_prober["replacement"] = prober
    made = {"scrape_configs": [job], "rule_files": ["seed-nodes.yml"]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(made))
    rules = (FOLDER / "rules" / "seed-nodes.yml").read_text()
    (folder / "seed-nodes.yml").write_text(_shortened(rules))


@asynccontextmanager
async def _probing(address: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        tool("prometheus-blackbox-exporter", "blackbox_exporter"),
        f"--config.file={FOLDER / 'blackbox.yml'}",
        f"--web.listen-address={address}",
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(DEADLINE):
            while True:
                assert process.returncode is None, "the prober ended at its start"
                with suppress(httpx.TransportError):
                    await client.get(f"http://{address}/-/healthy")
                    break
                await asyncio.sleep(0.1)
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.stack
async def test_a_seed_node_that_goes_is_told_until_it_is_back(tmp_path: Path) -> None:
    seed_port, prober_port, own_port = free_ports(3)
    prober, seed = f"127.0.0.1:{prober_port}", f"127.0.0.1:{seed_port}"
    _write(tmp_path, seed, prober)
    fires = f'ALERTS{{alertname="SeedNodeDown",alertstate="firing",instance="{seed}"}}'
    up = f'probe_success{{job="understudy-seed-nodes",instance="{seed}"}} == 1'
    async with (
        _probing(prober) as process,
        started(tmp_path, f"127.0.0.1:{own_port}") as prometheus,
    ):
        async with await asyncio.start_server(_accept, "127.0.0.1", seed_port):
            await prometheus.until(up)
            assert await prometheus.query(fires) == []
        await prometheus.until(fires)
        async with await asyncio.start_server(_accept, "127.0.0.1", seed_port):
            await prometheus.until(f"{up} unless on (instance) {fires}")
            process.terminate()
            await prometheus.until('ALERTS{alertname="SeedProberDown",alertstate="firing"}')
            assert await prometheus.query(fires) == []
