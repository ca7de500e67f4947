"""What programs send: Alertmanager's webhook, answers to `check`, a switcher's to its client."""

from __future__ import annotations

import json
import ssl
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx

from chains.bitshares.keys import looks_private
from switcher.errors import WebhookError
from switcher.journal.plain import plain_text
from switcher.settings import KeyFileSigner, Policy, SwitcherSettings
from switcher.webhook import Accusation, Doubt, Unusable, parse_notification
from tests.fuzz.target import Target, json_of, runner
from tests.switcher.stage import alert, doubt, webhook, webhook_bytes
from tests.understudy.doctor.made import SHIPPED, shipped_alerts
from understudy.doctor import ask
from understudy.doctor.arrival import added_labels, judge_clocks, judge_heartbeats, judge_path
from understudy.doctor.ask import NoAnswerError, ask_alertmanager, ask_prometheus
from understudy.doctor.cluster import judge_cluster, judge_senders
from understudy.doctor.mutes import judge_inhibitions, judge_silences
from understudy.doctor.routing import judge_routes
from understudy.doctor.rules import judge_rules
from understudy.doctor.settings import Endpoint
from understudy.doctor.targets import judge_targets
from understudy.errors import RefusedError, SwitcherGoneError
from understudy.operate.client import SwitcherClient
from understudy.operate.events import events_of
from understudy.shipped import Folder, shipped_folder

_SETTINGS = SwitcherSettings(Path("tokens"), "sqlite:///x", KeyFileSigner(Path("key")))


def alertmanager_webhook(data: bytes) -> bool:
    """Take what is posted to `/alerts`."""
    try:
        notification = parse_notification(data)
    except WebhookError as error:
        assert error.status in (400, 413, 422)
        assert error.result in ("unparsable", "too_large", "wrong_version")
        return False
    for judged in notification.alerts:
        match judged:
            case Accusation():
                _assert_kept(judged.witness, judged.signing_key, judged.alert, judged.fingerprint)
                assert len(judged.witness) <= 63
                assert len(judged.signing_key) <= 80
            case Doubt():
                _assert_kept(judged.subject.name, judged.alert, judged.fingerprint)
                assert len(str(judged.subject)) <= 80
            case Unusable():
                assert judged.reason.endswith(".")
                assert len(judged.reason) < 500
                assert not looks_private(judged.reason)
    return not any(isinstance(each, Unusable) for each in notification.alerts)


def prometheus_answers(data: bytes) -> bool:
    """Take a Prometheus' answers to `understudy check`: a JSON object, an answer by path."""
    try:
        with _answering(data):
            found = runner().run(ask_prometheus(_ENDPOINT))
    except NoAnswerError as error:
        _assert_told(error)
        return False
    findings = chain(
        judge_rules(found.rules, SHIPPED.rules, Policy()),
        judge_path(found.rules),
        judge_clocks(found.rules),
        judge_targets(found.targets, SHIPPED.intervals, 300, _SETTINGS),
        judge_senders(found.alertmanagers, 2),
    )
    assert all(finding.what for finding in findings)
    return True


def alertmanager_answers(data: bytes) -> bool:
    """Take an Alertmanager's answers likewise."""
    try:
        with _answering(data):
            found = runner().run(ask_alertmanager(_ENDPOINT))
    except NoAnswerError as error:
        _assert_told(error)
        return False
    added_labels(found.heartbeats, SHIPPED.rules)
    findings = chain(
        judge_cluster(found.members, 2),
        [judge_heartbeats(found.heartbeats)],
        judge_silences(found.silences, _alerts()),
        judge_inhibitions(found.routing.inhibitions, _alerts()),
        judge_routes(found.routing, _alerts(), _SETTINGS),
    )
    assert all(finding.what for finding in findings)
    return True


def alertmanager_configuration(data: bytes) -> bool:
    """Take an alertmanager.yml, as an Alertmanager tells its own."""
    text = data.decode("utf-8", "replace")
    told = {**_ALERTMANAGER, "/api/v2/status": {"config": {"original": text}}}
    return alertmanager_answers(json.dumps(told).encode())


def switcher_answers(data: bytes) -> bool:
    """Take what answers at a switcher's address (after two bytes: which call, which status)."""
    if len(data) < 2:
        return False
    statuses = (200, 202, 401, 403, 404, 409, 422, 503)
    answer = httpx.Response(statuses[data[1] % len(statuses)], content=data[2:])
    client = SwitcherClient("http://127.0.0.1:1", "token", Path("token"), _tls())
    calls = (
        client.status,
        lambda: client.journal(None),
        lambda: client.plan("rotate", {"witness": "init0"}),
        lambda: client.order("drill", {"witness": "init0"}),
        lambda: client.arm(None, "x", armed=True),
        lambda: client.plan_resolving({"peer": "p1"}),
        lambda: client.resolve({"node": "eu"}),
    )
    with client, patch.object(httpx.Client, "request", lambda *_, **__: answer):
        try:
            calls[data[0] % len(calls)]()
        except (RefusedError, SwitcherGoneError) as error:
            assert str(error)
            return False
    return True


def server_sent_events(data: bytes) -> bool:
    """Take a switcher's stream of events."""
    lines = data.decode("utf-8", "replace").splitlines()
    events = list(events_of(lines))
    assert all(event.name or not event.data for event in events)
    return bool(events)


# Inside


class _Client:
    """Stands in for httpx's: answers by path."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told

    async def __aenter__(self) -> _Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def get(self, url: str) -> httpx.Response:
        path = url.removeprefix(_ENDPOINT.url).partition("?")[0]
        told = self._told.get(path)
        status = 404 if told is None else 200
        return httpx.Response(status, content=json.dumps(told).encode())


_ENDPOINT = Endpoint("http://127.0.0.1:1")


def _answering(data: bytes) -> Any:
    told = json_of(data)
    client = _Client(told if isinstance(told, dict) else {})
    return patch.object(ask._Asked, "client", lambda _: client)


def _assert_kept(*words: str) -> None:
    for word in words:
        assert word
        assert plain_text(word) == word
        assert not looks_private(word)


def _assert_told(error: NoAnswerError) -> None:
    assert len(str(error)) < 1000


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@cache
def _alerts() -> list[Any]:
    return shipped_alerts()


_GROUP = {
    "name": "g",
    "interval": 5,
    "rules": [
        {
            "type": "alerting",
            "name": "ProducerDown",
            "query": "max by (witness) (x) >= 3",
            "duration": 8,
            "labels": {"action": "rotate_signing_key"},
            "health": "ok",
            "state": "firing",
            "alerts": [],
        },
        {"type": "recording", "name": "r", "query": "x", "health": "err", "lastError": "e"},
    ],
}
_TARGET = {
    "labels": {"job": "understudy-exporter"},
    "scrapeUrl": "http://127.0.0.1:9877/metrics",
    "health": "down",
    "lastError": "refused",
    "scrapeInterval": "2s",
}
_PROMETHEUS = {
    "/api/v1/rules": {"status": "success", "data": {"groups": [_GROUP]}},
    "/api/v1/targets": {"status": "success", "data": {"activeTargets": [_TARGET]}},
    "/api/v1/alertmanagers": {"data": {"activeAlertmanagers": [{"url": "http://127.0.0.1:1"}]}},
}
_SILENCE = {
    "id": "1",
    "startsAt": "2026-11-21T08:26:05.123Z",
    "endsAt": "2026-11-21T09:26:05.123Z",
    "status": {"state": "active"},
    "matchers": [{"name": "witness", "value": "init.*", "isRegex": True, "isEqual": True}],
}
_ROUTES = """route:
  receiver: people
  routes:
    - {receiver: switcher, matchers: ['action=~".+"'], continue: true, group_wait: 0s}
    - {match: {severity: critical}, match_re: {witness: a|b}, mute_time_intervals: [night]}
receivers: [{name: switcher, webhook_configs: [{url: "http://127.0.0.1:9878/alerts"}]}]
inhibit_rules: [{source_matchers: [a="b"], target_matchers: ['witness!~"x"'], equal: [witness]}]
"""
_ALERTMANAGER: dict[str, Any] = {
    "/api/v2/status": {"config": {"original": _ROUTES}, "cluster": {"peers": [{"name": "a"}]}},
    "/api/v2/silences": [_SILENCE],
    "/api/v2/alerts": [{"labels": {"alertname": "AlertPathHeartbeat", "cluster": "a"}}],
}


def _webhook_seeds() -> list[bytes]:
    both = webhook_bytes(
        alert("BTS5aBmMxsrm23XpzsSwz7utPx1RQNXtn7Fg9LCBtDNcCJdt6ncCm"), doubt(peer="p1")
    )
    heartbeat = {**alert("x"), "labels": {"alertname": "AlertPathHeartbeat"}}
    return [both, json.dumps(webhook(heartbeat)).encode()]


def _configuration_seeds() -> list[bytes]:
    shipped = shipped_folder(Folder.ALERTMANAGER) / "alertmanager.yml"
    return [_ROUTES.encode(), shipped.read_bytes()]


def _switcher_seeds() -> list[bytes]:
    ordered = {"incident": 1, "witness": "init0", "route": ["beta"]}
    refusal = {"detail": [{"type": "missing", "loc": ["body", "why"], "msg": "Field required"}]}
    page: dict[str, Any] = {"entries": [], "before": None}
    return [
        b"\x03\x01" + json.dumps(ordered).encode(),
        b"\x03\x06" + json.dumps(refusal).encode(),
        b"\x01\x00" + json.dumps(page).encode(),
        b"\x00\x02" + b'{"detail": "No."}',
        b"\x00\x05" + b'{"detail": %s}' % (b"[" * 950 + b"]" * 950),
    ]


TARGETS = {
    "alertmanager_webhook": Target(
        alertmanager_webhook,
        _webhook_seeds,
        (
            "version",
            "alerts",
            "labels",
            "status",
            "firing",
            "resolved",
            "fingerprint",
            "startsAt",
            "action",
            "witness",
            "signing_key",
            "resolve_chain",
            "node",
            "truncatedAlerts",
        ),
    ),
    "prometheus_answers": Target(
        prometheus_answers,
        lambda: [json.dumps(_PROMETHEUS).encode()],
        ("interval", "duration", "keepFiringFor", "health", "labels", "1e999", "9" * 400 + "ms"),
    ),
    "alertmanager_answers": Target(
        alertmanager_answers,
        lambda: [json.dumps(_ALERTMANAGER).encode()],
        ("isRegex", "isEqual", "matchers", "config", "original", "cluster", "peers"),
    ),
    "alertmanager_configuration": Target(
        alertmanager_configuration,
        _configuration_seeds,
        ("!!int x", "!!bool x", "2026-99-99", "&a", "*a", "<<: ", "- ", "routes:", "matchers:"),
    ),
    "switcher_answers": Target(
        switcher_answers, _switcher_seeds, ("detail", "loc", "msg", "[[[[[[[[", "null")
    ),
    "server_sent_events": Target(
        server_sent_events,
        lambda: [b"event: status\ndata: {}\n\n: alive\n\nid: 7\nevent:entry\ndata:1\ndata: 2\n\n"],
        ("event:", "data:", "id:", "\n\n"),
    ),
}
