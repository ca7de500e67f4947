"""What a plain peer node can be told to be."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from chains.peer.blocks import Proof, Rule, verify
from devnet import plain_peer as plain_peer_program
from devnet.plain_peers import plain_peer


async def ask(url: str, path: str, method: str = "GET", body: Any = None) -> Any:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as client:
        return (await client.request(method, path, json=body)).json()


@pytest.mark.parametrize("rule", list(Rule))
@pytest.mark.parametrize("first", [1, "1"])
async def test_it_mines_by_either_rule_from_either_first_block(
    rule: Rule, first: int | str
) -> None:
    async with plain_peer(rule, first_previous=first, zeros=2) as peer:
        await ask(peer.url, "/mine")
        chain = (await ask(peer.url, "/chain"))["chain"]
        assert chain[0]["previous_hash"] == first
        assert type(chain[0]["previous_hash"]) is type(first)
        assert len(verify(None, chain, Proof(rule, zeros=2))) == 2


async def test_a_node_adopts_the_longest_chain_and_none_of_equal_length(tmp_path: Path) -> None:
    async with plain_peer(zeros=1) as one, plain_peer(zeros=1) as other:
        await ask(one.url, "/nodes/register", "POST", {"nodes": [other.url]})
        assert (await ask(one.url, "/nodes/resolve"))["message"] == "Our chain is authoritative"
        await ask(other.url, "/mine")
        await ask(other.url, "/mine")
        assert (await ask(one.url, "/nodes/resolve"))["message"] == "Our chain was replaced"
        told = await ask(one.url, "/chain")
        assert told == await ask(other.url, "/chain")
        file = tmp_path / "chain.json"
        for kept in (told, told["chain"]):
            file.write_text(json.dumps(kept), encoding="utf-8")
            async with plain_peer(zeros=1, chain=file) as third:
                assert await ask(third.url, "/chain") == told


@pytest.mark.parametrize(
    ("kept", "told"),
    [(None, "can't be read"), ('{"chain', "is no JSON"), ('{"length": 1}', "holds no list")],
)
def test_a_file_that_holds_no_chain_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kept: str | None,
    told: str,
) -> None:
    file = tmp_path / "chain.json"
    if kept is not None:
        file.write_text(kept, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:  # so that it serves nobody if it is wrong
        words = ("--port", str(taken.getsockname()[1]), "--chain", str(file))
        monkeypatch.setattr("sys.argv", ["plain_peer", *words])
        with pytest.raises(SystemExit) as ended:
            plain_peer_program.main()
    assert ended.value.code == 2
    assert f"argument --chain: {file} {told}" in capsys.readouterr().err


async def test_a_forged_chain_is_not_adopted(tmp_path: Path) -> None:
    file = tmp_path / "chain.json"
    block = {"index": 1, "timestamp": 1.0, "transactions": [], "proof": 100, "previous_hash": 1}
    file.write_text(json.dumps([block, block, block]), encoding="utf-8")
    async with plain_peer() as one, plain_peer(chain=file) as liar:
        await ask(one.url, "/nodes/register", "POST", {"nodes": [liar.url]})
        assert (await ask(one.url, "/nodes/resolve"))["message"] == "Our chain is authoritative"


async def test_with_one_thread_a_caller_that_says_nothing_keeps_all_others_waiting() -> None:
    async with plain_peer(one_thread=True) as peer:
        host, port = peer.url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        asked = asyncio.create_task(ask(peer.url, "/chain"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asked), 0.3)
        writer.close()
        assert (await asked)["length"] == 1
