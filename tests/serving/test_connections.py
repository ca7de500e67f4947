"""What becomes of callers who hold connections open and ask for nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from serving.server import Server, listen
from serving.tls import trusting
from tests.support.certificates import self_signed

WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """Answer once the body is there, or before where the path says so."""
    while scope["path"] != "/early" and (await receive())["more_body"]:
        pass
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def serving(app: Any = answer, **options: Any) -> AsyncIterator[int]:
    listener = listen("127.0.0.1", 0)
    server = Server(app, grace=1, **options)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
        listener.close()


async def ended(reader: asyncio.StreamReader) -> None:
    """Wait until the other end has closed."""
    try:
        await asyncio.wait_for(reader.read(), 10)
    except ConnectionResetError:
        return


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
        b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
        WHOLE + b"GET / HTTP/1.1\r\n",
    ],
    ids=["nothing", "head", "body", "answered", "second"],
)
async def test_request_that_never_ends_is_not_waited_for(sent: bytes) -> None:
    async with serving(patience=0.3) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        await ended(reader)
        writer.close()


async def test_bytes_that_trickle_in_give_no_more_time() -> None:
    async with serving(patience=0.3) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        closed = asyncio.create_task(ended(reader))
        writer.write(b"GET / HTTP/1.1\r\n")
        while not closed.done():
            writer.write(b"X: y\r\n")
            await asyncio.wait({closed}, timeout=0.02)
        await closed
        writer.close()


async def test_connection_is_kept_for_the_next_request() -> None:
    async with serving(patience=5.0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(WHOLE)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_answers_come_at_once_on_a_connection_that_is_kept() -> None:
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        loop = asyncio.get_running_loop()
        took = []
        for _ in range(20):
            began = loop.time()
            writer.write(WHOLE)
            await reader.readuntil(b"ok")
            took.append(loop.time() - began)
        writer.close()
    assert sorted(took)[len(took) // 2] < 0.03


async def test_connections_beyond_the_limit_are_closed_and_others_kept() -> None:
    async with serving(most=2) as port:
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, writer in kept:
            writer.write(WHOLE)
            await reader.readuntil(b"ok")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await ended(reader)
        writer.close()
        for reader, writer in kept:
            writer.write(WHOLE)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
            writer.close()


async def test_callers_who_never_shake_hands_count_and_are_not_waited_for(tmp_path: Path) -> None:
    tls = self_signed(tmp_path)
    async with serving(most=2, patience=1.0, tls=tls) as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await ended(reader)
        writer.close()
        for reader, writer in silent:
            await ended(reader)
            writer.close()
        trusted = trusting(tls.certificate_file)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusted)
        writer.write(WHOLE)
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        writer.close()
        await writer.wait_closed()


async def test_question_that_comes_with_the_end_of_the_handshake_is_answered(
    tmp_path: Path,
) -> None:
    tls = self_signed(tmp_path)
    comes, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
    speaking = trusting(tls.certificate_file).wrap_bio(comes, goes, server_hostname="127.0.0.1")
    async with serving(tls=tls) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with pytest.raises(ssl.SSLWantReadError):
            speaking.do_handshake()
        while True:
            writer.write(goes.read())
            comes.write(await asyncio.wait_for(reader.read(65536), 10))
            with suppress(ssl.SSLWantReadError):
                speaking.do_handshake()
                break
        speaking.write(WHOLE)
        writer.write(goes.read())
        heard = b""
        while not heard.endswith(b"ok"):
            comes.write(await asyncio.wait_for(reader.read(65536), 10))
            with suppress(ssl.SSLWantReadError):
                heard += speaking.read()
        writer.close()
    assert heard.startswith(b"HTTP/1.1 200")


async def test_callers_who_never_shake_hands_hold_up_no_stop(tmp_path: Path) -> None:
    async with serving(tls=self_signed(tmp_path)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await ended(reader)
    writer.close()


class Pouring:
    """Answers with more than anybody keeps for a caller, until he is `gone`."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        watching = asyncio.create_task(self._watch(receive))
        while not self.gone.is_set():
            await send({"type": "http.response.body", "body": bytes(100_000), "more_body": True})
            await asyncio.sleep(0)
        await watching

    async def _watch(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue
        self.gone.set()


async def test_answer_that_is_not_read_is_not_waited_for() -> None:
    pouring = Pouring()
    async with serving(pouring, patience=0.3) as port:
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(WHOLE)
            await asyncio.wait_for(pouring.gone.wait(), 10)


async def test_answer_that_is_read_slowly_but_steadily_is_not_cut() -> None:
    pouring = Pouring()
    async with serving(pouring, patience=0.3) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(WHOLE)
        loop = asyncio.get_running_loop()
        until = loop.time() + 1.0
        while loop.time() < until:
            assert await reader.read(1_000_000)
        assert not pouring.gone.is_set()
        writer.close()
        await asyncio.wait_for(pouring.gone.wait(), 10)
