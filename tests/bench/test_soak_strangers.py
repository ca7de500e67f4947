"""What strangers post in a soak: each way of it is taken for what it is, and no alert is true."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bench.soak.ground import Ground
from bench.soak.plan import TRACKS, Kind, Trouble
from bench.soak.strangers import _forged
from switcher.errors import WebhookError
from switcher.webhook import Accusation, Doubt, Unusable, parse_notification

IN_FORCE, BACKUPS = "BTSalpha", "BTSbeta"
HOWS = next(track.hows for track in TRACKS if track.kind is Kind.STRANGER)
GROUND = cast(
    Ground,
    SimpleNamespace(
        account=lambda _: "init0",
        key_in_force=lambda _: IN_FORCE,
        backups=lambda _: ["beta"],
        net=SimpleNamespace(signing_key=lambda _: BACKUPS),
    ),
)


def posted(how: str) -> bytes:
    return _forged(GROUND, Trouble(0.0, Kind.STRANGER, "ring", 0, how, 0.0), random.Random(how))


def judged(how: str) -> Any:
    [alert] = parse_notification(posted(how)).alerts
    return alert


@pytest.mark.parametrize(
    ("how", "witness", "key", "firing"),
    [
        ("on air", "init0", IN_FORCE, True),
        ("resolved", "init0", IN_FORCE, False),
        ("backup", "init0", BACKUPS, True),
        ("nobody", "init0", "BTSnobody", True),
        ("unknown", "nobody-", "BTSnobody", True),
    ],
)
def test_a_key_is_accused(how: str, witness: str, key: str, firing: bool) -> None:
    found = judged(how)
    assert isinstance(found, Accusation)
    assert found.witness.startswith(witness)
    assert found.signing_key.startswith(key)
    assert found.firing is firing


def test_a_node_is_doubted() -> None:
    assert isinstance(judged("node"), Doubt)


def test_what_is_no_notification_is_refused_or_unusable() -> None:
    draw = random.Random(1)
    trouble = Trouble(0.0, Kind.STRANGER, "ring", 0, "malformed", 0.0)
    bodies = {_forged(GROUND, trouble, draw) for _ in range(100)}
    assert len(bodies) == 5
    for body in bodies:
        try:
            alerts = parse_notification(body).alerts
        except WebhookError:
            continue
        assert all(isinstance(alert, Unusable) for alert in alerts)


def test_every_way_can_be_posted() -> None:
    assert all(posted(how) for how in HOWS)
