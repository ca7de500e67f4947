"""What the webhook's measurement posts, what it takes for lost, and how it reckons."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace

from bench.acknowledged import Claim
from bench.webhook import storm
from bench.webhook.jobs import Job, Told
from bench.webhook.kept import claims
from bench.webhook.rate import samples
from bench.webhook.samples import Sample, notification
from bench.webhook.samples import storm as crowd
from bench.webhook.sender import post_all
from bench.webhook.storm import Act, Wave
from switcher.webhook import Accusation, Doubt, parse_notification

HEALTHY = [("init12", "BTSone"), ("init13", "BTSother")]


def test_storm_has_only_different_alerts_that_all_ask_for_something() -> None:
    alerts = crowd(1_000, HEALTHY)
    assert len({alert.fingerprint for alert in alerts}) == 1_000
    judged = [parse_notification(notification([alert])).alerts[0] for alert in alerts]
    assert Counter(type(each) for each in judged) == {Accusation: 900, Doubt: 100}
    keys = {each.signing_key for each in judged if isinstance(each, Accusation)}
    assert {"BTSone", "BTSother"} < keys
    assert len(keys) == 802


def test_resolved_alert_keeps_its_fingerprint() -> None:
    alert = Sample("init0", "BTSone")
    over = replace(alert, firing=False)
    assert over.fingerprint == alert.fingerprint
    [judged] = parse_notification(notification([over])).alerts
    assert isinstance(judged, Accusation)
    assert not judged.firing


def test_what_was_acknowledged_is_claimed_with_its_key_and_when_it_was_posted() -> None:
    alerts = [Sample("init0", "BTSone"), Sample(node="eu", name="NodeForked")]
    told = Told(acknowledged=[(1, 21.0, "opened", 8), (0, 20.0, "renewed", 7)])
    of_node, of_key = (alert.fingerprint for alert in reversed(alerts))
    assert list(claims(alerts, told)) == [
        Claim("opened", 8, "", of_node, 21.0),
        Claim("renewed", 7, "BTSone", of_key, 20.0),
    ]


def test_storm_is_held_against_the_quiet_before_it() -> None:
    waves = [
        Wave([Act(0.01, 0.2), Act(0.01, 0.4)], [Act(0.1, 0.3), Act(0.1, 0.6)], {"seconds": 9.0}),
        Wave([Act(0.02, 0.3), Act(0.01, 0.3)], [Act(0.2, 0.3), Act(0.1, 0.3)], {"seconds": 7.0}),
    ]
    figures = storm.figures(waves)
    assert figures["storm_ratio"] == 1.25
    assert figures["spread"]["storm_ratio"] == {"median": 1.25, "min": 1.0, "max": 1.5, "runs": 2}
    assert figures["storm_seconds"] == 8.0
    assert figures["idle_answer_ms"] == 10


async def test_what_is_refused_is_posted_again_over_connections_that_are_kept() -> None:
    seen: list[str] = []
    opened = Counter[str]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened["connections"] += 1
        while True:
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
            except EOFError:
                break
            length = int(head.partition("Content-Length: ")[2].split("\r\n")[0])
            alerts = json.loads(await reader.readexactly(length))["alerts"]
            assert "Authorization: Bearer secret\r\n" in head
            seen.append(alerts[0]["labels"]["witness"])
            if len(seen) == 1:
                writer.write(b"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n")
                continue
            told = json.dumps({"alerts": [{"result": "opened", "incident": len(seen)}]})
            writer.write(f"HTTP/1.1 202 x\r\ncontent-length: {len(told)}\r\n\r\n{told}".encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        told = await post_all(Job(f"127.0.0.1:{port}", "secret", samples("a", 3)))
    assert seen == ["aw0", "aw0", "aw1", "aw2"]
    assert opened["connections"] == 1
    assert told.failed == {"503": 1}
    assert [(place, incident) for place, _, _, incident in told.acknowledged] == [
        (0, 2), (1, 3), (2, 4),
    ]  # fmt: skip
    assert len(told.milliseconds) == 3
