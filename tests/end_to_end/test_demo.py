"""What a newcomer sees first."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.support.witness_node import witness_program

pytestmark = pytest.mark.stack

TOLD = ("on air", "kill", "miss", "alert", "decision", "sent", "in block", "signs", "converged")
MODULE = "tests.support.network.command" if witness_program() else "understudy"
ALONE = {**os.environ, "NO_COLOR": "1", "COLUMNS": "120"}


async def started(folder: Path, *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        MODULE,
        "demo",
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**ALONE, "TMPDIR": str(folder)},
    )


async def test_the_demonstration_replaces_two_hosts_brings_a_peer_along_and_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    demo = await started(tmp_path)
    out, err = await asyncio.wait_for(demo.communicate(), timeout=300)
    lines = out.decode().splitlines()
    assert demo.returncode == 0, err.decode()
    report = json.loads(lines[-1])
    assert report["rotated"] is True
    assert (report["from"], report["to"]) == ("alpha", "beta")
    # A busy machine may have had it miss one before it was killed, which is not reported.
    assert re.search(r"rotate: ([3-9]|\d\d) misses, 3 suffice; beta takes over", out.decode())
    assert report["missed_blocks"] >= 1
    assert report["seconds_kill_to_alert"] > 0
    assert 0 <= report["seconds_alert_to_broadcast"] < report["seconds_kill_to_alert"]
    assert report["seconds_broadcast_to_confirmed"] > 0
    assert (report["preempted"], report["preempted_missed_blocks"]) == (True, 0)
    assert report["peer_chain_resolved"] is True
    lengths = report["peer_lengths"]
    assert len(lengths) == 3
    assert len(set(lengths)) == 1
    told = [line[10:20].strip() for line in lines[:-1]]
    assert [word for word in TOLD if word not in told] == []
    second = told[told.index("wait") :]
    assert "miss" not in second[second.index("kill") : second.index("signs")]
    assert any("not_yet" in line for line in lines)
    third = told[told.index("mine") :]
    assert third.index("alert") < third.index("decision") < third.index("converged")
    assert any("PeerChainBehind says that peer p3" in line for line in lines)
    assert list(tmp_path.iterdir()) == []


async def test_interrupting_the_demonstration_leaves_nothing_behind(tmp_path: Path) -> None:
    demo = await started(tmp_path)
    assert demo.stdout is not None
    async with asyncio.timeout(120):
        while b"on air" not in await demo.stdout.readline():
            assert demo.returncode is None
    demo.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(demo.communicate(), timeout=30)
    assert demo.returncode == 1
    assert err.decode() == "understudy: Interrupted; everything is stopped and cleaned up.\n"
    assert list(tmp_path.iterdir()) == []
