"""Cold starts of exporter and switcher: how soon metrics are served, and how soon all is ready.

Each start is a process of its own, from the command until /metrics answers, and until /readyz does:
when it follows the chain, and for the switcher, whose journal is a new one each time, when that can
be written and enough nodes have a say. The network, as large as the public one, is there before, in
another process. What the kernel keeps of files that were read before is as it is.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from bench.bars import Bar, judge
from bench.figures import over_runs
from bench.news import say
from bench.processes import processor_seconds_of
from understudy.errors import StackError
from understudy.stack import Program, StackSettings, free_ports
from understudy.stack.addresses import Addresses
from understudy.stack.document import Written, write_documents

BARS = (Bar("exporter_seconds", most=2), Bar("switcher_seconds", most=2))
TOLD = (
    "exporter_first_metric_seconds",
    "switcher_first_metric_seconds",
    "exporter_processor_seconds",
    "switcher_processor_seconds",
)
RUNS = 9
SERVICES = ("exporter", "switcher")
_NETWORK = ("--witnesses", "27", "--interval", "3", "--prehistory", "210")
_PATIENCE = 60.0
_ASK_EVERY = 0.01


async def measure() -> dict[str, Any]:
    """Return the figures of `understudy bench start`; `_seconds` are those until it is ready.

    Raises:
        StackError: a program did not start.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as name:
        folder = Path(name)
        [control] = free_ports(1)
        command = (sys.executable, "-m", "understudy", "devnet", *_NETWORK, "--json")
        words = (*command, "--port", str(control))
        url = f"http://127.0.0.1:{control}/network"
        network = Program("devnet", words, log=folder / "devnet.log", ready_url=url)
        await network.start()
        try:
            runs = [await _run(network, folder, number) for number in range(1, RUNS + 1)]
        finally:
            await network.stop()
    return judge("start", {"runs": RUNS, **over_runs(runs)}, BARS)


async def _run(network: Program, folder: Path, number: int) -> dict[str, float]:
    """Start each service once."""
    place = folder / str(number)
    place.mkdir()
    written = _written(network, place)
    figures: dict[str, float] = {}
    for service in SERVICES:
        figures |= await _started(service, written, place / f"{service}.log")
    say(f"start: {number}/{RUNS}: {json.dumps(figures)}")
    return figures


def _written(network: Program, place: Path) -> Written:
    """Write a configuration and all that it names for a network that runs."""
    lines = network.log.read_text(encoding="utf-8").splitlines()
    printed = next(json.loads(line) for line in lines if '"control"' in line)
    keys = "\n".join(printed["active_keys"].values())
    settings = StackSettings(printed["configuration"], keys)
    addresses = Addresses.chosen(settings)
    return write_documents(settings.document, settings.active_key, place, addresses)[0]


async def _started(service: str, written: Written, log: Path) -> dict[str, float]:
    """Start a service, and end it once it is ready."""
    token = written.prometheus_token.read_text(encoding="ascii").strip()
    url = f"http://{getattr(written, service)}"
    async with httpx.AsyncClient(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, verify=False
    ) as client:
        with log.open("ab") as out:
            began = time.perf_counter()
            process = await asyncio.create_subprocess_exec(
                *_command(service, written), stdout=out, stderr=out
            )
        try:
            async with asyncio.timeout(_PATIENCE):
                metric = await _answered(client, "/metrics", process) - began
                ready = await _answered(client, "/readyz", process) - began
            spent = processor_seconds_of(process.pid)
        except TimeoutError as error:
            raise StackError(f"The {service} was not ready within {_PATIENCE:g} s.") from error
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
    return {
        f"{service}_first_metric_seconds": metric,
        f"{service}_seconds": ready,
        f"{service}_processor_seconds": spent,
    }


def _command(service: str, written: Written) -> tuple[str, ...]:
    words = (service, "--config", str(written.configuration))
    return (sys.executable, "-m", "understudy", *words)


async def _answered(
    client: httpx.AsyncClient, path: str, process: asyncio.subprocess.Process
) -> float:
    """Return when something is answered with 200, by `time.perf_counter`."""
    while process.returncode is None:
        try:
            status = (await client.get(path)).status_code
        except httpx.TransportError:
            status = 0
        if status == httpx.codes.OK:
            return time.perf_counter()
        await asyncio.sleep(_ASK_EVERY)
    raise StackError(f"A service ended with status {process.returncode} before {path} answered.")
