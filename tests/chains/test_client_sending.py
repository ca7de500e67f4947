"""A connection that breaks while a question is still being sent."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any, cast

from websockets.exceptions import ConnectionClosedError

from chains.bitshares.client import NodeClient
from chains.errors import NodeUnreachableError


class Clogged:
    """A connection that takes nothing more, until it breaks."""

    def __init__(self) -> None:
        self.sending = asyncio.Event()
        self.broken = asyncio.Event()

    async def send(self, _: str) -> None:
        self.sending.set()
        await self.broken.wait()
        await asyncio.sleep(0)  # who listens hears of it first
        raise ConnectionClosedError(None, None)

    async def __aiter__(self) -> AsyncIterator[str]:
        await self.broken.wait()
        if self.broken.is_set():
            raise ConnectionClosedError(None, None)
        yield ""

    def why_lost(self) -> str:
        return ""


async def asked_in_vain() -> None:
    connection = Clogged()
    client = NodeClient("eu", cast(Any, connection), 10, None)
    listening = asyncio.create_task(client.listen())
    asking = asyncio.create_task(client.call("database", "get_chain_id"))
    await connection.sending.wait()
    connection.broken.set()
    await asyncio.wait([asking, listening])
    assert isinstance(error := asking.exception(), NodeUnreachableError)
    assert str(error) == "eu: the connection broke"


async def test_it_is_told_to_who_asked_and_nobody_else_is_bothered() -> None:
    bothered: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: bothered.append(told))
    await asked_in_vain()
    await asyncio.sleep(0)
    gc.collect()  # what was left behind is told of once it goes
    assert bothered == []
