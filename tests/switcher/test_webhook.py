"""What is made of Alertmanager's bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switcher.errors import WebhookError
from switcher.model import ActionName
from switcher.resolving.model import Kind, Subject
from switcher.webhook import (
    MOST_ALERTS,
    Accusation,
    Doubt,
    Heartbeat,
    Unusable,
    parse_notification,
)
from tests.switcher.stage import alert, doubt, webhook

KEY = "BTS5aBmMxsrm23XpzsSwz7utPx1RQNXtn7Fg9LCBtDNcCJdt6ncCm"


def parsed(*alerts: Any) -> tuple[Any, ...]:
    return parse_notification(json.dumps(webhook(*alerts)).encode()).alerts


def without(label: str) -> dict[str, Any]:
    changed = alert(KEY)
    del changed["labels"][label]
    return changed


def test_accusation_is_read() -> None:
    [accusation] = parsed(alert(KEY))
    assert isinstance(accusation, Accusation)
    assert accusation.action is ActionName.ROTATE
    assert (accusation.witness, accusation.signing_key) == ("init0", KEY)
    assert accusation.firing


def test_resolved_alert_is_told_apart() -> None:
    [accusation] = parsed(alert(KEY, status="resolved"))
    assert isinstance(accusation, Accusation)
    assert not accusation.firing


@pytest.mark.parametrize("kind", Kind)
def test_alert_about_a_chain_names_a_node_or_a_peer(kind: Kind) -> None:
    [doubted] = parsed(doubt(**{kind: "north.example-1"}, status="resolved"))
    assert isinstance(doubted, Doubt)
    assert doubted.subject == Subject(kind, "north.example-1")
    assert not doubted.firing


def test_alert_about_a_chain_that_names_nobody_is_told_what_it_lacks() -> None:
    [judged] = parsed(doubt(witness="init0"))
    assert isinstance(judged, Unusable)
    assert "a node or a peer, and not both" in judged.reason


def test_unknown_fields_don_t_matter() -> None:
    body = webhook({**alert(KEY), "silencedBy": []})
    body["newInVersion0.99"] = {"deep": [1]}
    [accusation] = parse_notification(json.dumps(body).encode()).alerts
    assert isinstance(accusation, Accusation)


def test_dead_mans_switch_is_a_heartbeat() -> None:
    beat = alert(KEY, name="AlertPathHeartbeat")
    del beat["labels"]["action"]
    assert parsed(beat) == (Heartbeat(),)


@pytest.mark.parametrize(
    ("changed", "result"),
    [
        (without("action"), "ignored"),
        (alert(KEY, action="reboot"), "unknown_action"),
        (doubt(), "malformed"),
        (doubt(node="eu", peer="p1"), "malformed"),
        (doubt(peer=""), "malformed"),
        (doubt(peer="a name of no peer"), "malformed"),
        (doubt(node="n" * 64), "malformed"),
        (without("witness"), "malformed"),
        (without("signing_key"), "malformed"),
        (without("alertname"), "malformed"),
        (alert("not a key"), "malformed"),
        (alert("B" * 81), "malformed"),
        (alert(KEY, witness="Upper Case"), "malformed"),
        (alert(KEY, witness="init0\0"), "malformed"),
        (alert(KEY, witness="\ud800"), "malformed"),
        (alert(KEY, status="neither"), "malformed"),
        ({**alert(KEY), "labels": ["no object"]}, "malformed"),
        ({**alert(KEY), "fingerprint": None}, "malformed"),
        ({**alert(KEY), "fingerprint": "x" * 129}, "malformed"),
        ({**alert(KEY), "startsAt": 5}, "malformed"),
        (None, "malformed"),
        ([], "malformed"),
    ],
)
def test_bad_alert_spoils_no_other(changed: Any, result: str) -> None:
    before, bad, after = parsed(alert(KEY), changed, alert(KEY, witness="init1"))
    assert isinstance(before, Accusation)
    assert isinstance(after, Accusation)
    assert isinstance(bad, Unusable)
    assert bad.result == result
    assert bad.reason.endswith(".")


@pytest.mark.parametrize(
    ("body", "status", "result"),
    [
        (b"", 400, "unparsable"),
        (b"{", 400, "unparsable"),
        (b"\xff\xfe", 400, "unparsable"),
        (b"[" * 100_000, 400, "unparsable"),
        (b"[]", 400, "unparsable"),
        (b"{}", 422, "wrong_version"),
        (json.dumps(webhook(alert(KEY), version="3")).encode(), 422, "wrong_version"),
        (b'{"version": 4, "alerts": []}', 422, "wrong_version"),
        (b'{"version": "4", "alerts": {}}', 422, "wrong_version"),
        (json.dumps(webhook(*[alert(KEY)] * (MOST_ALERTS + 1))).encode(), 413, "too_large"),
    ],
)
def test_unusable_body_is_refused_with_a_sentence_and_no_alert_of_it_judged(
    body: bytes, status: int, result: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("switcher.webhook._judge")
    with pytest.raises(WebhookError, match=r"^The .*\.$") as refusal:
        parse_notification(body)
    assert (refusal.value.status, refusal.value.result) == (status, result)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.lists(JSON, max_size=4))
def test_whatever_stands_for_an_alert_is_judged(alerts: list[Any]) -> None:
    judged = parsed(*alerts)
    assert len(judged) == len(alerts)


@given(st.binary(max_size=200))
def test_whatever_stands_for_a_body_is_answered(body: bytes) -> None:
    try:
        notification = parse_notification(body)
    except WebhookError as refusal:
        assert refusal.status in {400, 422}
    else:
        assert notification.alerts == ()


WIF = "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3"


@pytest.mark.parametrize(
    "labels",
    [
        *({label: WIF} for label in ("signing_key", "alertname", "action")),
        {WIF: 1},
        {WIF: [WIF]},
    ],
)
def test_a_private_key_in_an_alert_is_neither_kept_nor_repeated(labels: dict[str, Any]) -> None:
    (judged,) = parsed({**alert("BTSx"), "labels": {**alert("BTSx")["labels"], **labels}})
    assert isinstance(judged, Unusable)
    assert WIF[:12] not in judged.reason


@pytest.mark.parametrize("name", ["\x1b[2J", "two\nlines", "n" * 100_000, "\ud800", ""])
def test_label_is_not_named_by_what_its_sender_calls_it(name: str) -> None:
    (judged,) = parsed({**alert(KEY), "labels": {**alert(KEY)["labels"], name: 1}})
    assert judged == Unusable("malformed", "labels: Input should be a valid string.")
