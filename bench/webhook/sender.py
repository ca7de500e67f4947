"""Posts notifications as Alertmanager does, in a process of its own: python -m bench.webhook.sender

Each line of the standard input is a job, one line of JSON each (`Job`); each is answered by a line
(`Told`). Connections are kept from one notification to the next. What is not answered with 202 is
posted again after a moment, as Alertmanager does, until it is, or the job's time is over.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from bench.webhook.jobs import Job, Told, read
from bench.webhook.samples import notification

_AGAIN = 0.5
"""Seconds after which Alertmanager first tries again."""

_ACCEPTED = 202


class _Line:
    """One kept connection; opened when it is needed."""

    def __init__(self, job: Job) -> None:
        self._host, _, self._port = job.address.rpartition(":")
        self._head = (
            f"POST /alerts HTTP/1.1\r\nHost: {job.address}\r\nUser-Agent: Alertmanager/0.25.0\r\n"
            "Content-Length: {}\r\n"
            f"Authorization: Bearer {job.token}\r\nContent-Type: application/json\r\n\r\n"
        )
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: bytes) -> tuple[int, Any]:
        """Post once; return status and answer, status 0 if the connection broke."""
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(self._host, int(self._port))
            reader, writer = self._streams
            writer.write(self._head.format(len(body)).encode() + body)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].split("\r\n", 1)[0])
            told = await reader.readexactly(length)
        except (OSError, EOFError):
            self.close()
            return 0, None
        if "connection: close" in head:
            self.close()
        status = int(head.split(" ", 2)[1])
        return status, json.loads(told) if status == _ACCEPTED else None

    def close(self) -> None:
        """Close it."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def post_all(job: Job) -> Told:
    """Do a job."""
    places = range(0, len(job.samples), job.each)
    bodies = [(at, notification(job.samples[at : at + job.each])) for at in places]
    told, failed, began = Told(), Counter[str](), time.monotonic()
    ends = None if job.seconds is None else began + job.seconds
    waiting = iter(bodies)
    sending = [_send(_Line(job), waiting, ends, told, failed) for _ in range(job.connections)]
    await asyncio.gather(*sending)
    return Told(time.monotonic() - began, told.milliseconds, told.acknowledged, dict(failed))


async def _send(
    line: _Line,
    waiting: Iterator[tuple[int, bytes]],
    ends: float | None,
    told: Told,
    failed: Counter[str],
) -> None:
    for place, body in waiting:
        while ends is None or time.monotonic() < ends:
            posted, began = time.time(), time.perf_counter()
            status, answer = await line.post(body)
            if status == _ACCEPTED:
                told.milliseconds.append((time.perf_counter() - began) * 1000)
                told.acknowledged.extend(
                    (place + index, posted, each["result"], each["incident"])
                    for index, each in enumerate(answer["alerts"])
                )
                break
            failed[str(status)] += 1
            await asyncio.sleep(_AGAIN)
    line.close()


def main() -> None:
    """Do job after job."""
    for line in sys.stdin.buffer:
        print(json.dumps(asdict(asyncio.run(post_all(read(line))))), flush=True)


if __name__ == "__main__":
    main()
