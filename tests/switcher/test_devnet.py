"""The switcher as a process of its own on a devnet: alerts come in by HTTP, blocks tell the end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest

from chains.bitshares.watch import Watch
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from switcher.auth import Scope
from switcher.settings import Policy
from tests.switcher.stage import WITNESS, Home, alert, chain_settings, eventually, on_stage, webhook

NET = DevnetSettings(witnesses=5, prehistory=60)
PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from switcher.service import serve
from switcher.settings import KeyFileSigner, Policy, SwitcherSettings
from understudy.logging import set_up_logging
set_up_logging()
told = json.loads(sys.argv[1])
folder = Path(told["folder"])
witness = told["chain"]["witnesses"][0]
chain = ChainSettings(**{
    **told["chain"],
    "nodes": tuple(NodeSettings(**node) for node in told["chain"]["nodes"]),
    "witnesses": (
        WitnessSettings(
            witness["account"], tuple(ProducerSettings(**p) for p in witness["producers"])
        ),
    ),
})
settings = SwitcherSettings(
    folder / "tokens", f"sqlite:///{folder / 'understudy.db'}",
    KeyFileSigner(folder / "active.key"), port=0, policy=Policy(arm=True, missed_blocks=1),
)
asyncio.run(serve(chain, settings, on_listen=lambda port: print(port, flush=True)))
"""


class Process:
    """A switcher that runs as a process."""

    def __init__(self, home: Home, process: asyncio.subprocess.Process, log: Path) -> None:
        self.home = home
        self.process = process
        self.log = log
        self.address = ""

    async def get(self, path: str) -> Any:
        async with httpx.AsyncClient(base_url=self.address) as client:
            reply = await client.get(path, headers=self.home.bearer(Scope.READ))
        return reply.json() if reply.status_code == 200 else None

    async def post(self, *alerts: dict[str, Any]) -> int:
        headers = self.home.bearer(Scope.ALERTS)
        async with httpx.AsyncClient(base_url=self.address) as client:
            reply = await client.post("/alerts", json=webhook(*alerts), headers=headers)
        return reply.status_code

    async def witness(self) -> Any:
        status = await self.get("/api/status")
        return status["witnesses"][0] if status else None

    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) / 1024


@asynccontextmanager
async def process(net: Devnet, home: Home) -> AsyncIterator[Process]:
    log = home.folder / "log"
    told = json.dumps({"folder": str(home.folder), "chain": asdict(chain_settings(net))})
    with log.open("ab") as errors:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, told, stdout=asyncio.subprocess.PIPE, stderr=errors
        )
    running = Process(home, started, log)
    try:
        assert started.stdout is not None
        line = await asyncio.wait_for(started.stdout.readline(), 20)
        assert line, log.read_text()
        running.address = f"http://127.0.0.1:{line.decode().strip()}"

        async def ready() -> Any:
            return await running.get("/readyz")

        await eventually(ready)
        yield running
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


def steps(home: Home) -> set[str]:
    """Return the words of the journal, read beside the switcher."""
    with sqlite3.connect(f"file:{home.folder / 'understudy.db'}?mode=ro", uri=True) as db:
        found = {value for (value,) in db.execute("select value from entries")}
    db.close()
    return found


def told(home: Home, word: str) -> Callable[[], Awaitable[bool | None]]:
    async def look() -> bool | None:
        return True if word in steps(home) else None

    return look


async def test_forged_alert_rotates_nothing(tmp_path: Path) -> None:
    async with Devnet(NET) as net:
        home = Home(tmp_path, net.active_wif(WITNESS))
        async with on_stage(net, home) as stage:
            reply = await stage.post(alert(net.signing_key("alpha")))
            assert reply.status_code == 202
            assert await stage.until("not_corroborated") == [
                "rotate_signing_key",
                "not_corroborated",
            ]
            decided = 'understudy_decisions_total{action="rotate_signing_key",decision='
            assert await stage.metric(decided + '"not_corroborated"}') == 1
            assert await stage.metric(decided + '"rotate"}') == 0
            [witness] = (await stage.status())["witnesses"]
            assert witness["on_air"] == "alpha"
            assert witness["incidents"][0]["decision"] == "not_corroborated"


async def test_mistake_in_watching_the_nodes_does_not_leave_it_blind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = Watch.run

    async def fail_once(watch: Watch) -> None:
        monkeypatch.setattr(Watch, "run", follow)
        raise LookupError("what no test had thought of")

    monkeypatch.setattr(Watch, "run", fail_once)
    async with Devnet(NET) as net, on_stage(net, Home(tmp_path, net.active_wif(WITNESS))) as stage:
        assert (await stage.status())["chain"]["head_block"] is not None


async def test_dry_run_only_says_what_it_would_do(tmp_path: Path) -> None:
    async with Devnet(NET) as net:
        home = Home(tmp_path, net.active_wif(WITNESS))
        settings = home.settings(Policy(arm=True, dry_run=True, missed_blocks=0))
        async with on_stage(net, home, settings=settings) as stage:
            await stage.post(alert(net.signing_key("alpha")))
            assert await stage.until("dry_run") == ["rotate_signing_key", "dry_run"]


async def test_killed_in_the_middle_it_finishes_after_the_restart(tmp_path: Path) -> None:
    async with Devnet(NET) as net:
        home = Home(tmp_path, net.active_wif(WITNESS))
        alpha = net.signing_key("alpha")
        await net.nodes["alpha"].kill()
        async with process(net, home) as first:

            async def missing() -> Any:
                witness = await first.witness()
                return witness if witness and witness["missed_blocks"] >= 1 else None

            await eventually(missing)
            assert await first.post(alert(alpha)) == 202
            await eventually(told(home, "broadcast"))
            first.process.kill()
            await first.process.wait()

        async with process(net, home) as second:

            async def on_air() -> Any:
                witness = await second.witness()
                return witness if witness and not witness["incidents"] else None

            witness = await eventually(on_air, timeout=30)
            assert witness["on_air"] == "beta"
            assert {"in_block", "irreversible", "on_air"} <= steps(home)
            assert witness["budget_remaining"] == 5
            assert await second.post(alert(alpha)) == 202
            assert second.resident_mb() < 150
            os.kill(second.process.pid, signal.SIGTERM)
            assert await asyncio.wait_for(second.process.wait(), 10) == 0
            log = second.log.read_text()
        lines = [json.loads(line) for line in log.splitlines()]
        assert [line["event"] for line in lines][-1] == "switcher stopped"
        assert all(line["incident"] == 1 for line in lines if line["event"] == "decided")
        secrets = [net.active_wif(WITNESS), *home.tokens.values()]
        assert not [secret for secret in secrets if secret in log]
