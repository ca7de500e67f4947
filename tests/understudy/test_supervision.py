"""What systemd hears of a service; systemd itself is a socket here."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from understudy.supervision import supervised


@asynccontextmanager
async def systemd(folder: Path, **more: str) -> AsyncIterator[tuple[socket.socket, dict[str, str]]]:
    """Listen where a service is to tell of itself; yields that and the service's environment."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(folder / "notify"))
        listening.setblocking(False)
        yield listening, {"NOTIFY_SOCKET": str(folder / "notify"), **more}


async def heard(listening: socket.socket) -> bytes:
    async with asyncio.timeout(10):
        return await asyncio.get_running_loop().sock_recv(listening, 100)


async def test_a_service_is_ready_once_it_listens_and_not_before(tmp_path: Path) -> None:
    async with systemd(tmp_path) as (listening, environment):

        async def work(ready: Callable[[], None]) -> None:
            with pytest.raises(BlockingIOError):
                listening.recv(100)
            ready()
            assert await heard(listening) == b"READY=1"

        await supervised(work, environment)


async def test_signs_of_life_go_on_while_the_service_works(tmp_path: Path) -> None:
    async with systemd(tmp_path, WATCHDOG_USEC="60000") as (listening, environment):

        async def work(_: Callable[[], None]) -> None:
            for _sign in range(4):
                assert await heard(listening) == b"WATCHDOG=1"

        await supervised(work, environment)
        with pytest.raises(BlockingIOError):
            listening.recv(100)


async def test_a_watchdog_of_another_process_is_not_answered(tmp_path: Path) -> None:
    more = {"WATCHDOG_USEC": "1000", "WATCHDOG_PID": str(os.getpid() + 1)}
    async with systemd(tmp_path, **more) as (listening, environment):

        async def work(_: Callable[[], None]) -> None:
            await asyncio.sleep(0)

        await supervised(work, environment)
        with pytest.raises(BlockingIOError):
            listening.recv(100)


async def test_a_lost_sign_of_life_is_followed_by_others(tmp_path: Path) -> None:
    async with systemd(tmp_path, WATCHDOG_USEC="60000") as (_, environment):
        environment["NOTIFY_SOCKET"] += "-not-there-yet"

        async def work(_: Callable[[], None]) -> None:
            await asyncio.sleep(0)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as later:
                later.bind(environment["NOTIFY_SOCKET"])
                later.setblocking(False)
                assert await heard(later) == b"WATCHDOG=1"

        await supervised(work, environment)


async def test_without_systemd_nothing_is_told() -> None:
    async def work(ready: Callable[[], None]) -> None:
        ready()

    await supervised(work, {})
