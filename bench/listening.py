"""Listeners to the stream of events, in a process of their own: python -m bench.listening URL COUNT

The token comes on the standard input. At SIGTERM it prints how many events came, and how many
streams ended before.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections import Counter

import httpx


async def _listen(client: httpx.AsyncClient, url: str, told: Counter[str]) -> None:
    while True:
        async with client.stream("GET", f"{url}/api/events") as answer:
            answer.raise_for_status()
            async for chunk in answer.aiter_raw():
                told["events"] += chunk.count(b"event: ")
        told["lost"] += 1


async def _main(url: str, count: int, token: str) -> None:
    told, stopped = Counter(events=0, lost=0), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        headers=headers, limits=limits, timeout=30, trust_env=False
    ) as client:
        listening = [asyncio.create_task(_listen(client, url, told)) for _ in range(count)]
        stopping = asyncio.create_task(stopped.wait())
        await asyncio.wait([stopping, *listening], return_when=asyncio.FIRST_COMPLETED)
        broken = [each for each in listening if each.done()]
        for each in listening:
            each.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    print(json.dumps({**told, "lost": told["lost"] + len(broken)}))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), sys.stdin.readline().strip()))
