"""The shipped routes in the real Alertmanager: what the switcher gets, and how soon."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from understudy.stack import free_ports

from .tools import FOLDER, tool

DEADLINE = 20.0
ALERT = {
    "alertname": "WitnessMissingBlocks",
    "action": "rotate_signing_key",
    "severity": "critical",
    "witness": "init0",
    "signing_key": "BTSa",
}


@dataclass
class Request:
    authorization: str
    body: dict[str, Any]


class Receiver:
    """Stands where the switcher listens, and keeps what comes."""

    def __init__(self) -> None:
        self.requests: asyncio.Queue[Request] = asyncio.Queue()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
        }
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        self.requests.put_nowait(Request(headers.get("authorization", ""), body))
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def next(self) -> Request:
        return await asyncio.wait_for(self.requests.get(), DEADLINE)


@asynccontextmanager
async def alertmanager(
    folder: Path, webhook_port: int, shipped: str | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Run Alertmanager with the shipped file, or a variant of it."""
    (folder / "token").write_text("a-token")
    shipped = shipped or (FOLDER / "alertmanager.yml").read_text()
    moved = shipped.replace("127.0.0.1:9878", f"127.0.0.1:{webhook_port}").replace(
        "/etc/understudy/alertmanager-token", str(folder / "token")
    )
    assert str(folder / "token") in str(yaml.safe_load(moved))
    (folder / "alertmanager.yml").write_text(moved)
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        tool("alertmanager", "prometheus-alertmanager"),
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    try:
        async with asyncio.timeout(DEADLINE):
            while b"Listening" not in (line := await process.stderr.readline()):
                assert line, "Alertmanager ended at its start"
        async with httpx.AsyncClient(base_url=f"http://{address}") as client:
            yield client
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def post(client: httpx.AsyncClient, *alerts: dict[str, Any]) -> None:
    response = await client.post("/api/v2/alerts", json=list(alerts))
    assert response.status_code == 200, response.text


@pytest.mark.stack
async def test_the_switcher_gets_each_alert_at_once_with_the_token_and_hears_of_its_end(
    tmp_path: Path,
) -> None:
    receiver = Receiver()
    (port,) = free_ports(1)
    async with await asyncio.start_server(receiver.handle, "127.0.0.1", port):  # noqa: SIM117
        async with alertmanager(tmp_path, port) as client:
            other = {**ALERT, "witness": "init1"}
            await post(
                client,
                {"labels": ALERT},
                {"labels": other},
                {"labels": {"alertname": "NodeDown", "severity": "warning", "node": "eu"}},
            )
            first = [await receiver.next(), await receiver.next()]
            assert {request.authorization for request in first} == {"Bearer a-token"}
            assert {request.body["version"] for request in first} == {"4"}
            alerts = [request.body["alerts"] for request in first]
            assert [len(each) for each in alerts] == [1, 1]  # each on its own
            labels = sorted((each[0]["labels"] for each in alerts), key=lambda x: x["witness"])
            assert labels == [ALERT, other]

            await post(client, {"labels": {"alertname": "AlertPathHeartbeat", "severity": "info"}})
            heartbeat = await receiver.next()
            assert heartbeat.body["alerts"][0]["labels"]["alertname"] == "AlertPathHeartbeat"

            await post(client, {"labels": ALERT, "endsAt": "2020-01-01T00:00:00Z"})
            end = await receiver.next()
            assert end.body["alerts"][0]["status"] == "resolved"
            assert end.body["alerts"][0]["labels"] == ALERT
