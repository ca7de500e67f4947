"""Whatever answers in place of Prometheus and Alertmanager, the operator gets a sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from understudy.doctor import ask
from understudy.doctor.ask import NoAnswerError, ask_alertmanager, ask_prometheus
from understudy.doctor.settings import Endpoint
from understudy.stack import free_ports

SILENT = None
STATUS = {"config": {"original": "route: {receiver: x}\n"}}


@asynccontextmanager
async def answering(answer: Callable[[str], bytes | None]) -> AsyncIterator[str]:
    """Answer requests, by their heads; None: not at all."""
    held: list[asyncio.StreamWriter] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        said = answer((await reader.readuntil(b"\r\n\r\n")).decode())
        if said is not None:
            writer.write(said)
            await writer.drain()
            writer.close()

    (port,) = free_ports(1)
    server = await asyncio.start_server(handle, "127.0.0.1", port)
    async with server:
        yield f"http://127.0.0.1:{port}"
    for writer in held:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in held), return_exceptions=True)


def http(body: Any, status: str = "200 OK") -> bytes:
    text = body if isinstance(body, str) else json.dumps(body)
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(text.encode())}\r\nConnection: close\r\n\r\n"
    return (head + text).encode()


async def refused(answer: bytes | None, token_file: Path | None = None) -> str:
    """Return what is told of a Prometheus that gives this answer to everything."""
    async with answering(lambda _: answer) as url:
        with pytest.raises(NoAnswerError) as caught:
            await ask_prometheus(Endpoint(url, token_file))
    return str(caught.value)


def rules(**rule: Any) -> dict[str, Any]:
    return {"data": {"groups": [{"name": "g", "interval": 1, "rules": [rule]}]}}


STRANGE = [
    (http("<html>It works!</html>"), "Invalid JSON"),
    (http(""), "Invalid JSON"),
    (http("[" * 5000), "Invalid JSON"),
    (http([]), "/api/v1/rules: the whole"),
    (http({"status": "success"}), "/api/v1/rules: data"),
    (http(rules(name="x", type="alerting")), "data.groups.0.rules.0"),
    (http(rules(name="x", type="alerting", query="up", duration="soon")), "no duration"),
    (http(rules(name="x", type="alerting", query="up", duration=[])), "duration"),
    (http("no such page", "404 Not Found"), "HTTP status 404"),
    (http("", "302 Found"), "HTTP status 302"),
    (http("starting", "503 Service Unavailable"), "HTTP status 503"),
]


@pytest.mark.parametrize(("answer", "expected"), STRANGE)
async def test_what_is_no_prometheus_is_told_with_the_key_to_mend(
    answer: bytes, expected: str
) -> None:
    text = await refused(answer)
    assert expected in text
    assert "is no answer of Prometheus; put Prometheus's own address into" in text
    assert text.endswith("monitoring.prometheus")


@pytest.mark.parametrize("original", ["route: !!int x", "a: 2026-99-99", "a: &a [1]\nb: *a", "["])
async def test_configuration_that_is_none_is_told(original: str) -> None:
    told = {"/api/v2/status": {"config": {"original": original}}}
    async with answering(lambda head: http(told.get(head.split()[1], []))) as url:
        with pytest.raises(NoAnswerError, match="configuration: no YAML is no answer of Alertm"):
            await ask_alertmanager(Endpoint(url))


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Le"])
async def test_what_does_not_even_speak_http(answer: bytes) -> None:
    text = await refused(answer)
    assert text.startswith("can't be reached (")
    assert text.endswith("start it, or put its address into monitoring.prometheus")


async def test_nobody_there() -> None:
    (port,) = free_ports(1)
    with pytest.raises(NoAnswerError, match=r"can't be reached \(.+\); start it, or put its add"):
        await ask_alertmanager(Endpoint(f"http://127.0.0.1:{port}"))


@pytest.mark.parametrize("host", ["xn--", "\u2603.example"])
async def test_a_name_that_no_host_can_have(host: str) -> None:
    with pytest.raises(NoAnswerError, match="can't be reached"):
        await ask_prometheus(Endpoint(f"http://{host}:9090"))


async def test_one_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "_SECONDS", 0.1)
    assert (await refused(SILENT)).startswith("doesn't answer within 0.1 s; look why")


async def test_one_that_wants_to_know_who_asks(tmp_path: Path) -> None:
    answer = http("Unauthorized", "401 Unauthorized")
    text = await refused(answer)
    assert "asks for a token (HTTP status 401)" in text
    assert "monitoring.prometheus_token_file" in text
    file = tmp_path / "token"
    file.write_text("wrong\n")
    file.chmod(0o600)
    assert f"refuses the token in {file}" in await refused(answer, file)


async def test_the_token_is_shown_to_whom_it_is_meant_for(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("right\n")
    file.chmod(0o600)

    def answer(head: str) -> bytes:
        if "authorization: bearer right" not in head.lower():
            return http("", "401 Unauthorized")
        return http({"data": {"groups": [], "activeTargets": [], "activeAlertmanagers": []}})

    async with answering(answer) as url:
        told = await ask_prometheus(Endpoint(url, file))
    assert (told.rules, told.targets) == ((), ())


@pytest.mark.parametrize("token", ["", "two\nlines", "schlüssel"])
async def test_a_file_without_a_token_is_told(tmp_path: Path, token: str) -> None:
    file = tmp_path / "token"
    file.write_text(token)
    file.chmod(0o600)
    assert f"{file} holds no token" in await refused(http({}), file)


async def test_a_token_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("right")
    file.chmod(0o644)
    assert f"chmod 600 {file}" in await refused(http({}), file)


ALERTMANAGERS = [
    ({"config": {"original": "a: ["}}, [], "no YAML"),
    ({"config": {"original": "[" * 2000}}, [], "no YAML"),
    ({"config": {"original": "route: 7"}}, [], "configuration: route"),
    ({"config": {"original": "receivers: []"}}, [], "configuration: route"),
    ({"config": {"original": "route: {matchers: [nonsense]}"}}, [], "'nonsense' is no matcher"),
    (STATUS, [{"id": "x"}], "/api/v2/silences: 0."),
    ({"uptime": "1s"}, [], "/api/v2/status: config"),
]


@pytest.mark.parametrize(("status", "silences", "expected"), ALERTMANAGERS)
async def test_what_is_no_alertmanager_is_told(status: Any, silences: Any, expected: str) -> None:
    def answer(head: str) -> bytes:
        return http(status if "/status" in head else silences if "/silences" in head else [])

    async with answering(answer) as url:
        with pytest.raises(NoAnswerError) as caught:
            await ask_alertmanager(Endpoint(url))
    assert expected in str(caught.value)
    assert "is no answer of Alertmanager; put" in str(caught.value)
