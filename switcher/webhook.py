"""Alertmanager's webhook, version 4: bytes in, judged alerts out. Pure.

Format: prometheus.io/docs/alerting/latest/configuration/#webhook_config.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    model_validator,
)

from chains.bitshares.keys import looks_private
from switcher.errors import WebhookError
from switcher.model import ActionName
from switcher.resolving.model import Subject

VERSION = "4"
MOST_ALERTS = 1_000
"""Alerts of a notification that are taken at most: while they are judged, no rotation goes on.
It is ten times what the shipped receiver has Alertmanager send (`max_alerts`)."""

HEARTBEAT = "AlertPathHeartbeat"
"""The dead man's switch: an alert that always fires."""


def _public(text: str) -> str:
    if looks_private(text):
        raise ValueError("looks like a private key")
    return text


_Word = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128, pattern=r"^[\w.:+-]+$"),
    AfterValidator(_public),
]
_Account = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[a-z0-9.-]+$")]
_Key = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9]+$"),
    AfterValidator(_public),
]
_Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$"),
    AfterValidator(_public),
]
"""A node's or a peer's, as the configuration has it."""


@dataclass(frozen=True, slots=True)
class Accusation:
    """An alert that asks for an action against a witness' signing key."""

    action: ActionName
    witness: str
    signing_key: str
    alert: str
    fingerprint: str
    starts_at: str
    firing: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """An alert that says that a node or a peer is not on the longest valid chain."""

    subject: Subject
    alert: str
    fingerprint: str
    starts_at: str
    firing: bool


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The dead man's switch came."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """An alert that asks for nothing here; `result` is the metric's label, `reason` a sentence."""

    result: Literal["ignored", "unknown_action", "malformed"]
    reason: str


Judged = Accusation | Doubt | Heartbeat | Unusable


@dataclass(frozen=True, slots=True)
class Notification:
    """A webhook's alerts, each judged by itself; `truncated` were left out by Alertmanager."""

    alerts: tuple[Judged, ...]
    truncated: int = 0


class _Alert(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    fingerprint: _Word
    startsAt: _Word  # noqa: N815  (the wire's name)


class _RotationLabels(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    alertname: _Word
    witness: _Account
    signing_key: _Key


class _ResolutionLabels(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    alertname: _Word
    node: _Name | None = None
    peer: _Name | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        Subject.named(self.node, self.peer)
        return self

    @property
    def subject(self) -> Subject:
        return Subject.named(self.node, self.peer)


def parse_notification(body: bytes) -> Notification:
    """Turn a webhook's body into judged alerts.

    Raises:
        WebhookError: 400 for what is not JSON, 422 for another version or no list of alerts, 413
            for too long a list.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookError(400, "unparsable", "The body is not JSON.") from error
    if not isinstance(data, dict):
        raise WebhookError(400, "unparsable", "The body is not a JSON object.")
    if data.get("version") != VERSION:
        sentence = f'The webhook is not of version "{VERSION}", which this switcher reads.'
        raise WebhookError(422, "wrong_version", sentence)
    if not isinstance(alerts := data.get("alerts"), list):
        raise WebhookError(422, "wrong_version", "The webhook has no list of alerts.")
    if len(alerts) > MOST_ALERTS:
        sentence = (
            f"The webhook has {len(alerts)} alerts, and {MOST_ALERTS} at most are taken at once; "
            "`max_alerts` of Alertmanager's receiver bounds them."
        )
        raise WebhookError(413, "too_large", sentence)
    truncated = data.get("truncatedAlerts")
    return Notification(
        tuple(_judge(alert) for alert in alerts),
        truncated if isinstance(truncated, int) else 0,
    )


def _judge(raw: Any) -> Judged:
    try:
        alert = _Alert.model_validate(raw)
        return _judge_labels(alert)
    except ValidationError as error:
        return Unusable("malformed", _first_mistake(error))


def _judge_labels(alert: _Alert) -> Judged:
    wanted = alert.labels.get("action")
    if wanted is None:
        if alert.labels.get("alertname") == HEARTBEAT and alert.status == "firing":
            return Heartbeat()
        return Unusable("ignored", "The alert has no label `action`.")
    if wanted not in _READ_AS:
        known = ", ".join(_READ_AS)
        return Unusable("unknown_action", f"The alert's action is not one of these: {known}.")
    return _READ_AS[wanted](alert)


def _accusation(alert: _Alert) -> Accusation:
    labels = _RotationLabels.model_validate(alert.labels)
    return Accusation(
        action=ActionName.ROTATE,
        witness=labels.witness,
        signing_key=labels.signing_key,
        alert=labels.alertname,
        fingerprint=alert.fingerprint,
        starts_at=alert.startsAt,
        firing=alert.status == "firing",
    )


def _doubt(alert: _Alert) -> Doubt:
    labels = _ResolutionLabels.model_validate(alert.labels)
    return Doubt(
        subject=labels.subject,
        alert=labels.alertname,
        fingerprint=alert.fingerprint,
        starts_at=alert.startsAt,
        firing=alert.status == "firing",
    )


_READ_AS: Mapping[str, Callable[[_Alert], Judged]] = {
    ActionName.ROTATE: _accusation,
    ActionName.RESOLVE: _doubt,
}
"""What an alert's labels have to say for each action that it may ask for."""


def _first_mistake(error: ValidationError) -> str:
    """Return what is wrong first, and where: but for the field, names there are the sender's."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = first["loc"][0] if first["loc"] else "the alert"
    return f"{place}: {first['msg']}."
