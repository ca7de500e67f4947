"""`understudy devnet`: it prints what watches it, and is broken from another terminal."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.understudy.commands import CommandLine
from understudy.config import load
from understudy.whereabouts import told, told_in


@asynccontextmanager
async def devnet(repository: Path, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "understudy", "devnet", "--port", "0", *words),
        stdout=asyncio.subprocess.PIPE,
        cwd=repository,
    )
    try:
        async with asyncio.timeout(60):
            yield process
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_what_it_prints_is_a_configuration_that_watches_it(
    repository: Path, tmp_path: Path
) -> None:
    async with devnet(repository, "--witnesses", "5", "--hosts", "left,right") as process:
        assert process.stdout
        text = b""
        while b"signing_key" not in text or b"name: right" not in text or b"feeds" not in text:
            text += await process.stdout.readline()
    text += await process.stdout.read()
    path = tmp_path / "understudy.yaml"
    path.write_bytes(text)
    (witness,) = load(path).chain.witnesses
    assert [producer.name for producer in witness.producers] == ["left", "right"]


async def test_a_host_is_killed_and_healed_from_another_terminal(
    repository: Path, run: CommandLine
) -> None:
    async with devnet(repository, "--json") as process:
        assert process.stdout
        control = json.loads(await process.stdout.readline())["control"]

        async def tell(*words: str) -> str:
            result = await asyncio.to_thread(run, "devnet", *words, "--control", control)
            assert result.status == 0, result.err
            return next(line for line in result.out.splitlines() if line.startswith("alpha"))

        assert (await tell("show")).endswith("healthy")
        assert (await tell("kill", "alpha")).endswith("killed")
        assert (await tell("lag", "alpha", "--answers", "2")).endswith("answer lag seconds 2.0")
        assert (await tell("lie", "alpha", "half")).endswith("lie half")
        assert (await tell("swallow", "alpha")).endswith("swallows")
        assert (await tell("orphan", "--again")).endswith("swallows")
        assert (await tell("heal")).endswith("healthy")
        bare = ("devnet", "show", "--control", control.removeprefix("http://"))
        assert (await asyncio.to_thread(run, *bare)).status == 0
        unknown = await asyncio.to_thread(run, "devnet", "kill", "omega", "--control", control)
        assert unknown.status == 1
        assert "there is no host 'omega'; there are alpha" in unknown.err


async def test_the_devnet_below_the_stack_that_runs_in_this_folder_needs_no_address(
    repository: Path, tmp_path: Path, run: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".run"
    folder.mkdir()
    async with devnet(repository, "--json") as process:
        assert process.stdout
        control = json.loads(await process.stdout.readline())["control"]
        with told(folder, {"devnet": control}):
            shown = await asyncio.to_thread(run, "devnet", "show")
            assert "healthy" in shown.out
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", "\0", '{"devnet": '])
def test_what_is_no_list_of_addresses_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "addresses.json").write_text(text)
    assert told_in(tmp_path) == {}


async def test_a_peer_chain_can_run_beside_it_and_is_part_of_the_configuration(
    repository: Path, tmp_path: Path, run: CommandLine
) -> None:
    async with devnet(repository, "--json", "--peers", "2") as process:
        assert process.stdout
        told = json.loads(await process.stdout.readline())
        path = tmp_path / "understudy.yaml"
        path.write_text(json.dumps(told["configuration"]))
        peers = load(path).peers
        assert peers
        assert [peer.name for peer in peers.nodes] == ["p1", "p2"]
        shown = await asyncio.to_thread(run, "devnet", "show", "--control", told["control"])
        assert f"p2           {peers.nodes[1].url}" in shown.out
        async with httpx.AsyncClient(trust_env=False) as client:
            one, two = [await client.get(f"{peer.url}/chain") for peer in peers.nodes]
        assert one.json() == two.json()
