"""What stands between Prometheus and an exporter, and loses scrapes on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

DEADLINE = 20.0


class Target:
    """Passes each scrape on to the exporter; 503 where that is gone, or where one is to be lost."""

    def __init__(self, exporter: httpx.AsyncClient) -> None:
        self.address = ""
        self._exporter = exporter
        self._to_lose = 0
        self._lost = asyncio.Event()

    async def lose_a_scrape(self) -> None:
        """Return when one scrape has failed; the next will be answered."""
        self._to_lose += 1
        self._lost.clear()
        await asyncio.wait_for(self._lost.wait(), DEADLINE)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        status, body = await self._scraped()
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\n"
        length = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + length.encode() + body)
        await writer.drain()
        writer.close()

    async def _scraped(self) -> tuple[str, bytes]:
        if self._to_lose:
            self._to_lose -= 1
            self._lost.set()
            return "503 Lost", b""
        try:
            answer = await self._exporter.get("/metrics")
        except httpx.TransportError:
            return "503 Gone", b""
        return "200 OK", answer.content


@asynccontextmanager
async def target(exporter: str) -> AsyncIterator[Target]:
    """Stand before the exporter at HOST:PORT, which may come and go."""
    async with httpx.AsyncClient(base_url=f"http://{exporter}", trust_env=False) as client:
        made = Target(client)
        async with await asyncio.start_server(made.handle, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()[:2]
            made.address = f"{host}:{port}"
            yield made
