"""Programs that run beside us start, end, and never outlive us."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from understudy.errors import StackError
from understudy.stack import Program, free_ports

SERVER = """
import http.server, signal, sys
print("listening", flush=True)
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if "unready" in sys.argv:
            self.send_response(503)
            self.end_headers()
            self.wfile.write(b"no node answers")
            return
        if "ill" in sys.argv:
            print("a last word", flush=True)
            sys.exit(3)
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

PARENT = """
import asyncio, sys
from pathlib import Path
from understudy.stack import Program
async def main():
    program = Program("server", sys.argv[3:], log=Path(sys.argv[1]), ready_url=sys.argv[2])
    await program.start()
    print(program.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def command(port: int, *words: str) -> list[str]:
    return [sys.executable, "-c", SERVER, str(port), *words]


@asynccontextmanager
async def server(folder: Path, *words: str) -> AsyncIterator[Program]:
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}/"
    program = Program("server", command(port, *words), log=folder / "log", ready_url=url)
    try:
        yield program
    finally:
        await program.kill()


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


async def test_a_program_that_has_started_is_ready(tmp_path: Path) -> None:
    async with server(tmp_path) as program:
        await program.start()
        assert program.pid is not None
        assert alive(program.pid)
        assert "listening" in program.tail()
        await program.stop()
        assert not alive(program.pid)


async def test_a_program_can_be_killed_and_started_again(tmp_path: Path) -> None:
    async with server(tmp_path) as program:
        await program.start()
        first = program.pid
        await program.kill()
        await program.start()
        assert program.running
        assert program.pid != first


async def test_a_program_that_does_not_exist_is_told(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = Program("ghost", ["/no/such/program"], log=log, ready_url="http://127.0.0.1:9/")
    with pytest.raises(StackError, match=r"ghost ended with status 1(.|\n)*/no/such/program"):
        await program.start()


async def test_a_program_that_ends_at_its_start_is_told_with_its_last_words(
    tmp_path: Path,
) -> None:
    async with server(tmp_path, "ill") as program:
        with pytest.raises(StackError, match=r"server ended with status 3(.|\n)*a last word"):
            await program.start()


async def test_a_program_that_is_never_ready_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("understudy.stack.program._START_SECONDS", 0.5)
    async with server(tmp_path) as program:
        program.ready_url = "http://127.0.0.1:9/"
        with pytest.raises(StackError, match="was not ready in time"):
            await program.start()
        assert not program.running


async def test_a_program_that_says_why_it_is_not_ready_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("understudy.stack.program._START_SECONDS", 1)
    async with server(tmp_path, "unready") as program:
        with pytest.raises(StackError, match=r"was not ready in time \(it says: no node answers\)"):
            await program.start()


async def test_a_program_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    async with server(tmp_path) as program:
        await program.start()
        assert program.pid is not None
        os.kill(program.pid, signal.SIGKILL)
        with pytest.raises(StackError, match="server ended by itself"):
            await program.ended()


async def test_a_program_that_was_stopped_ended_as_asked(tmp_path: Path) -> None:
    async with server(tmp_path) as program:
        await program.start()
        ended = asyncio.create_task(program.ended())
        await program.stop()
        await ended
        assert not program.running


async def test_a_stubborn_program_is_ended_by_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("understudy.stack.program._STOP_SECONDS", 0.2)
    async with server(tmp_path, "stubborn") as program:
        await program.start()
        await program.stop()
        assert not program.running


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_no_program_outlives_the_one_that_started_it(
    tmp_path: Path, repository: Path, end: signal.Signals
) -> None:
    (port,) = free_ports(1)
    words = (str(tmp_path / "log"), f"http://127.0.0.1:{port}/", *command(port))
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=repository,
    )
    assert parent.stdout
    child = int(await parent.stdout.readline())
    descriptor = os.pidfd_open(child)
    gone = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_reader(descriptor, gone.set_result, None)
    try:
        parent.send_signal(end)
        await parent.wait()
        async with asyncio.timeout(10):
            await gone
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
    assert not alive(child)
