"""The devnet as a program of its own."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest

from devnet.serve import ControlError, ask_for_fault, ask_for_state

PROGRAM = """
import asyncio
from devnet.serve import serve
from devnet.settings import DevnetSettings

def announce(net):
    print(net.control_url, flush=True)

asyncio.run(serve(DevnetSettings(), announce, (("kill", {"host": "alpha"}),)))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_starts_with_faults_takes_orders_and_ends_when_told(
    number: signal.Signals,
) -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert program.stdout is not None
        url = (await asyncio.wait_for(program.stdout.readline(), 10)).decode().strip()
        nodes = (await asyncio.to_thread(ask_for_state, url))["nodes"]
        assert [node["name"] for node in nodes if node["killed"]] == ["alpha"]
        nodes = (await asyncio.to_thread(ask_for_fault, url, "heal", {"host": "alpha"}))["nodes"]
        assert not any(node["killed"] for node in nodes)
    finally:
        program.send_signal(number)
    assert await asyncio.wait_for(program.wait(), 10) == 0
    with pytest.raises(ControlError, match="no devnet answers"):
        await asyncio.to_thread(ask_for_state, url)
