"""The exporter with 100 witnesses and 10 nodes: time of `/metrics`, memory, calls per block.

The nodes are a devnet in a process of its own, so that the exporter alone is measured.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import yaml

from bench.bars import Bar, judge
from bench.figures import percentile, resident_mb
from devnet.keys import signing_key
from understudy.stack import Program, free_ports

BARS = (
    Bar("metrics_seconds_p99", most=0.02),
    Bar("rss_mb", most=100),
    Bar("rpc_calls_per_block_per_node", most=2),
)
TOLD = ("witnesses", "nodes", "metrics_seconds_p50")
WITNESSES = 100
NODES = 10
_SCRAPES = 200
_BLOCKS = 10
_CALLS = re.compile(r"^bitshares_node_rpc_duration_seconds_count\{[^}]*\} (\S+)$", re.MULTILINE)
_HEAD = re.compile(r"^bitshares_node_head_block\{[^}]*\} (\S+)$", re.MULTILINE)


async def measure() -> dict[str, Any]:
    """Return the figures of `understudy bench exporter`.

    Raises:
        StackError: a program did not start.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as name:
        folder = Path(name)
        control, listen = free_ports(2)
        devnet = _devnet(folder, control)
        exporter = _program(
            folder,
            "exporter",
            f"http://127.0.0.1:{listen}/readyz",
            ("exporter", "--config", str(folder / "understudy.yaml"), "--log-format", "json"),
        )
        await devnet.start()
        try:
            _configure(folder, listen)
            await exporter.start()
            try:
                figures = await _figures(exporter, f"http://127.0.0.1:{listen}/metrics")
                return judge("exporter", figures, BARS)
            finally:
                await exporter.stop()
        finally:
            await devnet.stop()


async def _figures(exporter: Program, url: str) -> dict[str, Any]:
    async with httpx.AsyncClient(trust_env=False) as client:
        first = (await client.get(url)).text
        start = _newest(first)
        while _newest(text := (await client.get(url)).text) < start + _BLOCKS:
            await asyncio.sleep(0.2)
        calls = (_total(_CALLS, text) - _total(_CALLS, first)) / NODES / (_newest(text) - start)
        seconds = []
        for _ in range(_SCRAPES):
            began = time.perf_counter()
            (await client.get(url)).raise_for_status()
            seconds.append(time.perf_counter() - began)
    return {
        "witnesses": WITNESSES,
        "nodes": NODES,
        "metrics_seconds_p50": round(percentile(seconds, 50), 4),
        "metrics_seconds_p99": round(percentile(seconds, 99), 4),
        "metrics_bytes": len(text),
        "rss_mb": resident_mb(exporter),
        "rpc_calls_per_block_per_node": round(calls, 2),
    }


def _newest(text: str) -> int:
    return int(max(float(number) for number in _HEAD.findall(text)))


def _total(pattern: re.Pattern[str], text: str) -> float:
    return sum(float(number) for number in pattern.findall(text))


def _devnet(folder: Path, control: int) -> Program:
    words = ("devnet", "--witnesses", str(WITNESSES), "--port", str(control))
    options = ("--api-nodes", str(NODES), "--prehistory", "700", "--json")
    return _program(folder, "devnet", f"http://127.0.0.1:{control}/network", (*words, *options))


def _program(folder: Path, name: str, ready_url: str, words: tuple[str, ...]) -> Program:
    command = (sys.executable, "-m", "understudy", *words)
    return Program(name, command, log=folder / f"{name}.log", ready_url=ready_url)


def _configure(folder: Path, port: int) -> None:
    """Write a configuration that watches all witnesses of the devnet that has just started."""
    log = (folder / "devnet.log").read_text(encoding="utf-8").splitlines()
    printed = next(json.loads(line) for line in log if line.startswith("{") and '"control"' in line)
    document = printed["configuration"]
    document["bitshares"]["witnesses"] = [
        {
            "account": f"init{number}",
            "producers": [
                {"name": "only", "signing_key": signing_key(f"init{number}").text("BTS")}
            ],
        }
        for number in range(WITNESSES)
    ]
    document["exporter"] = {"listen": f"127.0.0.1:{port}"}
    (folder / "understudy.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
