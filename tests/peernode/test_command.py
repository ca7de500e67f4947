"""`understudy node`: what it prints, how it ends, and what it says of wrong use."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import shlex
import signal
import socket
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from chains.peer.blocks import Proof, Rule
from devnet.plain_peers import plain_peer
from tests.peernode.command import node
from tests.peernode.made import chain, put
from tests.peernode.running import running
from tests.support.terminal import in_terminal
from tests.understudy.commands import CommandLine, command_line
from understudy.commands.node import _progress
from understudy.stack.ports import free_ports

PATIENCE = 30.0
"""Seconds for an answer: mining takes a processor that others may have."""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "200")
    return command_line(capsys, monkeypatch)


async def has_length(client: httpx.AsyncClient, length: int) -> None:
    while (await client.get("/chain/head")).json()["length"] != length:
        await asyncio.sleep(0.02)


async def test_it_prints_where_it_listens_and_stops_within_seconds(tmp_path: Path) -> None:
    async with node(tmp_path / "peer.db") as (url, process):
        async with httpx.AsyncClient(
            base_url=url, trust_env=False, verify=False, timeout=PATIENCE
        ) as client:
            assert (await client.get("/mine")).json()["index"] == 2
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
            assert time.monotonic() < began + 5
        assert process.stderr
        lines = [json.loads(line) for line in (await process.stderr.read()).splitlines()]
        told = [line["event"] for line in lines if line["logger"].startswith("peernode")]
        assert told == ["node started", "block forged", "node stopped"]


async def test_it_catches_up_with_its_peers_at_the_start_and_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Colours that somebody insists on make no terminal of a file.
    monkeypatch.setenv("FORCE_COLOR", "1")
    async with plain_peer(Rule.LINKED) as plain:
        async with httpx.AsyncClient(
            base_url=plain.url, trust_env=False, verify=False, timeout=PATIENCE
        ) as theirs:
            for _ in range(2):
                await theirs.get("/mine")
            told = (await theirs.get("/chain")).json()
        words = ("--proof", "linked", "--peer", plain.url)
        async with (
            node(tmp_path / "peer.db", *words) as (url, process),
            httpx.AsyncClient(
                base_url=url, trust_env=False, verify=False, timeout=PATIENCE
            ) as client,
        ):
            await has_length(client, 3)
            assert process.stderr
            while json.loads(await process.stderr.readline())["event"] != "resolved":
                continue  # nothing but lines of the log
            process.send_signal(signal.SIGKILL)
            await process.wait()
    async with (
        node(tmp_path / "peer.db", *words) as (url, _),
        httpx.AsyncClient(base_url=url, trust_env=False, verify=False, timeout=PATIENCE) as client,
    ):
        assert (await client.get("/chain")).json() == told


def test_address_that_is_taken_is_told_in_a_sentence(run: CommandLine, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        words = ("--listen", place, "--database", f"sqlite:///{tmp_path}/peer.db")
        result = run("node", *words)
    assert (result.status, result.out) == (1, "")
    assert result.err == (
        f"understudy: can't listen on {place}: Address already in use; "
        "end what listens there, or choose another address.\n"
    )


def test_database_that_can_t_be_used_is_told_in_a_sentence(
    run: CommandLine, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as db:
        db.execute("create table peer_blocks (x)")
    db.close()
    place = f"127.0.0.1:{free_ports(1)[0]}"
    result = run("node", "--listen", place, "--database", f"sqlite:///{other}")
    assert (result.status, result.out) == (1, "")
    assert "not ours: peer_blocks" in result.err
    assert len(result.err.splitlines()) == 1


def test_file_that_is_no_database_is_named(run: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"no database at all" * 100)
    place = f"127.0.0.1:{free_ports(1)[0]}"
    result = run("node", "--listen", place, "--database", f"sqlite:///{tmp_path}/other.db")
    assert (result.status, result.out) == (1, "")
    assert result.err == (
        "understudy: The chain can't be used: file is not a database; "
        f"see the file {tmp_path}/other.db, which the database's URL names\n"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "--database"),
        (["--database", "mysql://u:hunter2@x/y"], "--database must be an SQLAlchemy URL"),
        (["--database", "postgresql://u@x/y"], "or postgresql+psycopg://user@host/name"),
        (["--database", "sqlite:///:memory:"], "would lose the chain with the process"),
        (["--database", "postgresql+psycopg://u:hunter2@h/d"], "has a password in it"),
        (["--proof", "work"], "--proof work must be pair or linked"),
        (["--listen", "5000"], "--listen must be an address HOST:PORT"),
        (["--peer", "ftp://x"], "--peer must be an HTTP URL"),
        (["--peer", "http://u:hunter2@h:1"], "has a user or password in it"),
        (["--allow", "10.0.0.0/99"], "--allow must be a network"),
        (["--allow", "10.0.0.1/8"], "is 10.0.0.0/8 meant?"),
        (["more"], "unexpected"),
    ],
)
def test_wrong_use_is_told_with_what_would_be_right(
    run: CommandLine, tmp_path: Path, words: list[str], told: str
) -> None:
    database = ["--database", f"sqlite:///{tmp_path}/peer.db"]
    given = words if not words or "--database" in words else [*database, *words]
    result = run("node", *given)
    assert result.status == 2
    assert told in " ".join(result.err.replace("│", " ").split())
    assert "hunter2" not in result.err


@asynccontextmanager
async def real_node(folder: Path) -> AsyncIterator[str]:
    """Run the node that UNDERSTUDY_PEER_NODE starts, a command with {port} in it."""
    command = os.environ.get("UNDERSTUDY_PEER_NODE")
    if not command:
        pytest.skip("no real node: set UNDERSTUDY_PEER_NODE='command with {port}'")
    [port] = free_ports(1)
    log = (folder / "log").open("wb")
    process = await asyncio.create_subprocess_exec(
        *shlex.split(command.format(port=port)), stdout=log, stderr=log
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with (
            asyncio.timeout(PATIENCE),
            httpx.AsyncClient(trust_env=False, verify=False) as client,
        ):
            while True:
                try:
                    await client.get(f"{url}/chain")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        yield url
    finally:
        process.kill()
        await process.wait()
        log.close()


async def test_a_real_node_and_ours_bring_each_other_up(tmp_path: Path) -> None:
    rule = Proof(Rule(os.environ.get("UNDERSTUDY_PEER_PROOF", "linked")))
    async with (
        real_node(tmp_path) as url,
        running(tmp_path / "ours.db", [url], rule) as ours,
        httpx.AsyncClient(base_url=url, trust_env=False, verify=False, timeout=PATIENCE) as theirs,
    ):
        told = await theirs.post(
            "/transactions/new", json={"sender": "ß", "recipient": "b", "amount": 0.1}
        )
        assert told.status_code == 201
        for _ in range(3):
            await theirs.get("/mine")
        assert "new_chain" in (await ours.client.get("/nodes/resolve")).json()
        chain = (await theirs.get("/chain")).json()
        assert (await ours.client.get("/chain")).json() == chain
        await ours.client.post(
            "/transactions/new",
            content=json.dumps(
                {
                    "sender": "\ud800",
                    "recipient": [None],
                    "amount": {"b": 1.5, "a": 10**30},
                }
            ),
        )
        for _ in range(2):
            await ours.client.get("/mine", timeout=PATIENCE)
        assert (await ours.client.head("/chain")).status_code == 200
        await theirs.post("/nodes/register", json={"nodes": [ours.url]})
        answer = await theirs.get("/nodes/resolve")
        assert json.loads(answer.content)["message"] == "Our chain was replaced"
        assert json.loads((await theirs.get("/chain")).content) == json.loads(
            (await ours.client.get("/chain")).content
        )


async def test_person_who_waits_sees_how_far_it_is_below_what_is_logged(tmp_path: Path) -> None:
    rule = Proof(Rule.PAIR)
    [port] = free_ports(1)
    words = ("--listen", f"127.0.0.1:{port}", "--database", f"sqlite:///{tmp_path}/ours.db")
    async with running(tmp_path / "one.db", rule=rule) as one:
        await put(one.node.store, chain(3, rule=rule))
        place = one.url.removeprefix("http://")
        told = f"{place} has the longest valid chain, 3 blocks: 1 of ours gave way to 3."
        async with in_terminal("node", *words, "--peer", one.url) as screen:
            await screen.shows(lambda row: row == told)
    assert "looking for the longest chain" in screen.raw
    assert f"blocks of {place}" in screen.raw
    logged = [row for row in screen.rows if re.match(r"\d{4}-\d\d-\d\dT", row)]
    assert [row for row in screen.rows if row not in logged] == [
        f"http://127.0.0.1:{port}",
        told,
        "",
    ]
    assert any("[peernode.resolve]" in row and "resolved" in row for row in logged)
    assert not any("blocks of" in row or "━" in row for row in logged)


def test_peer_is_shown_by_its_whole_address(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    shown = Terminal()
    console = Console(file=shown, force_terminal=True, width=100)
    monkeypatch.setattr("understudy.commands.output.remarks", console)
    monkeypatch.setattr("understudy.commands.node.remarks", console)
    with _progress() as progress:
        assert progress
        progress(1, 2, "[fd00::1]:5000")
    assert "blocks of [fd00::1]:5000" in shown.getvalue()
