"""What the real Alertmanager delivers to people with the shipped samples and templates."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from .inbox import Inbox
from .samples import with_samples
from .test_delivery import alertmanager, post
from .tools import FOLDER

DOWN = {
    "labels": {"alertname": "NodeDown", "severity": "warning", "node": "eu<1> & co"},
    "annotations": {
        "summary": "A node does not answer.",
        "description": "Node eu<1> has not answered.",
        "on_air": "alpha",
        "runbook_url": "docs/runbooks/NodeDown.md",
    },
}
BEGINS = {
    "labels": {"alertname": "WatchBegins", "severity": "info", "service": "exporter"},
    "annotations": {"description": "It was started.", "runbook_url": "docs/runbooks/x.md"},
}
ENDED = {"endsAt": "2020-01-01T00:00:00Z"}
FOR_PEOPLE = ("people", "notices")
KINDS = {"telegram", "email", "slack", "webhook"}


def _local(http: str, smtp: str, folder: Path) -> str:
    """Return alertmanager.yml with all samples for people, which deliver to here, and sooner."""
    document: dict[str, Any] = yaml.safe_load((FOLDER / "alertmanager.yml").read_text())
    sampled = yaml.safe_load(with_samples("alertmanager.yml"))["receivers"]
    document["receivers"] = [
        next(each for each in sampled if each["name"] == receiver["name"])
        if receiver["name"] in FOR_PEOPLE
        else receiver
        for receiver in document["receivers"]
    ]
    (folder / "slack-url").write_text(f"{http}/slack")
    moved: dict[str, dict[str, Any]] = {
        "telegram_configs": {"api_url": http},
        "email_configs": {"smarthost": smtp, "require_tls": False},
        "slack_configs": {"api_url_file": str(folder / "slack-url")},
        "webhook_configs": {"url": f"{http}/webhook"},
    }
    for receiver in document["receivers"]:
        if receiver["name"] in FOR_PEOPLE:
            for kind, changes in moved.items():
                (settings,) = receiver[kind]
                receiver[kind] = [{**settings, **changes}]
            for secret in ("auth_username", "auth_password_file"):
                receiver["email_configs"][0].pop(secret)
    route = document["route"]
    for each in (route, *route["routes"]):
        each.update(group_wait="1s", group_interval="1s")
    return yaml.safe_dump(document)


@asynccontextmanager
async def delivering(folder: Path) -> AsyncIterator[tuple[Inbox, httpx.AsyncClient]]:
    inbox = Inbox()
    shutil.copytree(FOLDER / "templates", folder / "templates")
    async with (
        await asyncio.start_server(inbox.http, "127.0.0.1", 0) as http,
        await asyncio.start_server(inbox.smtp, "127.0.0.1", 0) as smtp,
    ):
        ports = [server.sockets[0].getsockname()[1] for server in (http, smtp)]
        text = _local(f"http://127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[1]}", folder)
        async with alertmanager(folder, 1, text) as client:
            yield inbox, client


async def _group_is_gone(client: httpx.AsyncClient, name: str) -> None:
    async with asyncio.timeout(20):
        while any(
            group["labels"].get("alertname") == name
            for group in (await client.get("/api/v2/alerts/groups")).json()
        ):
            await asyncio.sleep(0.1)


@pytest.mark.stack
async def test_people_are_told_of_an_alert_and_its_end_and_once_of_a_notice(tmp_path: Path) -> None:
    async with delivering(tmp_path) as (inbox, client):
        await post(client, DOWN)
        told = await inbox.next(4)
        assert set(told) == KINDS
        assert told["telegram"].body["parse_mode"] == "HTML"
        assert told["telegram"].body["chat_id"] == "-1001234567890"
        assert told["telegram"].body["text"].strip() == (
            "🟠 <b>NodeDown</b> eu&lt;1&gt; &amp; co\n"
            "Node eu&lt;1&gt; has not answered.\n"
            "On air: <b>alpha</b>\n"
            "What to do: docs/runbooks/NodeDown.md"
        )
        assert told["email"].subject == "🟠 NodeDown eu<1> & co"
        assert "On air: alpha" in told["email"].body.splitlines()
        (attachment,) = told["slack"].body["attachments"]
        assert attachment["color"] == "warning"
        assert attachment["title"] == "🟠 NodeDown eu<1> & co"
        assert "Node eu&lt;1&gt; has not answered." in attachment["text"]
        assert told["webhook"].body["alerts"][0]["labels"] == DOWN["labels"]

        await post(client, {**DOWN, **ENDED})
        over = await inbox.next(4)
        assert over["telegram"].body["text"].startswith("✅ <b>NodeDown</b>")
        assert over["email"].subject.startswith("✅ NodeDown")
        assert over["slack"].body["attachments"][0]["color"] == "good"

        await post(client, BEGINS)
        assert set(await inbox.next(4)) == KINDS
        await post(client, {**BEGINS, **ENDED})
        await _group_is_gone(client, "WatchBegins")
        assert inbox.empty
