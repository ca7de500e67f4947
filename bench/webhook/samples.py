"""Notifications as Alertmanager makes them of the shipped rules' alerts. Pure.

Alertmanager's format: prometheus.io/docs/alerting/latest/configuration/#webhook_config. The shipped
route has a group for every alert, so that a notification usually has one; up to 100 (`max_alerts`)
where somebody groups otherwise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_BEGAN = "2026-11-21T08:26:05.123Z"
_FIRING_ENDS = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Sample:
    """An alert about a witness' key, or with `node` about a node's chain; `turn` begins it anew."""

    witness: str = ""
    key: str = ""
    node: str = ""
    name: str = "WitnessMissingBlocks"
    firing: bool = True
    turn: int = 0

    @property
    def labels(self) -> dict[str, str]:
        """The labels that it has as the shipped rules raise it."""
        if self.node:
            asked = {"action": "resolve_chain", "severity": "warning", "node": self.node}
        else:
            asked = {"action": "rotate_signing_key", "severity": "critical"}
            asked |= {"witness": self.witness, "signing_key": self.key}
        return {"alertname": self.name, **asked}

    @property
    def fingerprint(self) -> str:
        """What Alertmanager tells alerts apart by."""
        return hashlib.sha256(json.dumps(self.labels).encode()).hexdigest()[:16]

    def wire(self) -> dict[str, Any]:
        """Return it as it stands in a notification."""
        return {
            "status": "firing" if self.firing else "resolved",
            "labels": self.labels,
            "annotations": {
                "description": f"{self.witness or self.node} is not what it should be: three or "
                "more of its slots had no block within the last ten minutes.",
                "runbook_url": f"https://example.org/runbooks/{self.name}.html",
                "summary": "A witness misses blocks.",
            },
            "startsAt": _BEGAN.replace("123", f"{self.turn:03d}"),
            "endsAt": _FIRING_ENDS if self.firing else "2026-11-21T08:46:05.123Z",
            "generatorURL": "http://prometheus.example.org:9090/graph?g0.expr=max+by+%28witness%2C"
            "+signing_key%29+%28bitshares_witness_recent_missed_blocks%29+%3E%3D+3&g0.tab=1",
            "fingerprint": self.fingerprint,
        }


def notification(alerts: Sequence[Sample]) -> bytes:
    """Return the body of a notification with these alerts."""
    labels = alerts[0].labels if len(alerts) == 1 else {}
    wire = [alert.wire() for alert in alerts]
    told = "".join(f'{name}="{value}",' for name, value in labels.items()).rstrip(",")
    return json.dumps(
        {
            "receiver": "switcher",
            "status": "firing" if any(alert.firing for alert in alerts) else "resolved",
            "alerts": wire,
            "groupLabels": labels,
            "commonLabels": labels,
            "commonAnnotations": wire[0]["annotations"] if len(alerts) == 1 else {},
            "externalURL": "http://alertmanager.example.org:9093",
            "version": "4",
            "groupKey": f'{{}}/{{action=~"^(?:.+)$"}}:{{{told}}}',
            "truncatedAlerts": 0,
        }
    ).encode()


def storm(count: int, witnesses: Sequence[tuple[str, str]]) -> list[Sample]:
    """Return so many different alerts that ask for something and are all beside the point.

    Of ten, four are about witnesses that nobody configured, four about keys of the configured
    `witnesses` (account, key in force) that are in force no more, one is about the key in force of
    one that misses nothing, and one about the chain of a node that nobody knows.
    """
    found = []
    for number in range(count):
        account, key = witnesses[number // 10 % len(witnesses)]
        match number % 10:
            case 0 | 1 | 2 | 3:
                one = Sample(f"stranger{number}", f"BTSstranger{number}")
            case 4 | 5 | 6 | 7:
                one = Sample(account, f"BTSformer{number}")
            case 8:
                one = Sample(account, key, name=f"NeedlessAlarm{number}")
            case _:
                one = Sample(node=f"node{number}", name="NodeForked")
        found.append(one)
    return found
