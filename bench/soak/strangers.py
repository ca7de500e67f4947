"""What somebody posts who has a token for alerts: what isn't so, what is no alert, what is old."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from typing import Any

import httpx

from bench.soak.ground import Ground
from bench.soak.plan import Trouble

_PAUSE = 0.2
_MALFORMED: tuple[Any, ...] = (
    b"\x00 no JSON",
    {"version": "3", "alerts": []},
    {"version": "4", "alerts": {}},
    {"version": "4", "alerts": [{"status": "firing", "labels": {"action": "rotate_signing_key"}}]},
    {"version": "4", "alerts": [{"status": 1}, None, "alert"]},
)


async def forge(ground: Ground, trouble: Trouble) -> str:
    """Post some forged alerts to a switcher, one by one."""
    chance = random.Random(f"{trouble.at} {trouble.how}")
    url = f"http://{ground.passages[trouble.index % len(ground.passages)].address}/alerts"
    told = []
    for _ in range(int(trouble.amount)):
        body = _forged(ground, trouble, chance)
        told.append(await _post(ground, url, body))
        await asyncio.sleep(_PAUSE)
    return f"{trouble.how}: {len(told)} alerts, answered {sorted(set(told))}"


async def repeat(ground: Ground, trouble: Trouble) -> None:
    """Post again what was posted before, as often as `amount` says."""
    passage = ground.passages[trouble.index]
    for body in list(passage.bodies)[-int(trouble.amount) :]:
        await _post(ground, f"http://{passage.address}/alerts", body)
        await asyncio.sleep(_PAUSE)


async def _post(ground: Ground, url: str, body: bytes) -> int:
    token = ground.stack.written.alertmanager_token.read_text(encoding="ascii").strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        return (await ground.client.post(url, content=body, headers=headers)).status_code
    except httpx.HTTPError:
        return 0


def _forged(ground: Ground, trouble: Trouble, chance: random.Random) -> bytes:
    account = ground.account(trouble.index)
    match trouble.how:
        case "on air":
            return _alert(witness=account, signing_key=ground.key_in_force(trouble.index))
        case "backup":
            host = chance.choice(ground.backups(trouble.index))
            return _alert(witness=account, signing_key=ground.net.signing_key(host))
        case "resolved":
            key = ground.key_in_force(trouble.index)
            return _alert("resolved", witness=account, signing_key=key)
        case "nobody":
            return _alert(witness=account, signing_key=f"BTSnobody{chance.randrange(10**6)}")
        case "unknown":
            name = f"nobody-{chance.randrange(10)}"
            return _alert(witness=name, signing_key=f"BTSnobody{chance.randrange(10**6)}")
        case "node":
            name = chance.choice(("eu", "us", "asia", "nowhere"))
            return _alert(action="resolve_chain", node=name)
    made = chance.choice(_MALFORMED)
    return made if isinstance(made, bytes) else json.dumps(made).encode()


def _alert(status: str = "firing", **labels: str) -> bytes:
    """Return a webhook with an alert as Alertmanager would post it."""
    told = {"alertname": "WitnessMissingBlocks", "action": "rotate_signing_key", **labels}
    alert = {
        "status": status,
        "labels": told,
        "annotations": {"summary": "A witness misses blocks."},
        "startsAt": "2026-11-21T08:26:05.123Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16],
    }
    return json.dumps(
        {
            "version": "4",
            "groupKey": "{}:{}",
            "truncatedAlerts": 0,
            "status": status,
            "receiver": "switcher",
            "groupLabels": {},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "",
            "alerts": [alert],
        }
    ).encode()
