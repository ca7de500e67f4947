"""What somebody posts who has a token for alerts: what isn't so, what is no alert, what is old."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import httpx

from bench.soak.ground import NETWORK, Ground
from bench.soak.plan import Trouble
from bench.webhook.samples import Sample, notification
from devnet.hosts import api_names

_PAUSE = 0.2
_NODES = (*api_names(NETWORK), "nowhere")
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
    if trouble.how == "malformed":
        made = chance.choice(_MALFORMED)
        return made if isinstance(made, bytes) else json.dumps(made).encode()
    return notification([_untrue(ground, trouble, chance)])


def _untrue(ground: Ground, trouble: Trouble, chance: random.Random) -> Sample:
    """Return an alert that the chain doesn't bear out.

    Raises:
        KeyError: there is no such kind.
    """
    account = ground.account(trouble.index)
    nobodys = f"BTSnobody{chance.randrange(10**6)}"
    match trouble.how:
        case "on air":
            return Sample(account, ground.key_in_force(trouble.index))
        case "resolved":
            return Sample(account, ground.key_in_force(trouble.index), firing=False)
        case "backup":
            host = chance.choice(ground.backups(trouble.index))
            return Sample(account, ground.net.signing_key(host))
        case "nobody":
            return Sample(account, nobodys)
        case "unknown":
            return Sample(f"nobody-{chance.randrange(10)}", nobodys)
        case "node":
            return Sample(node=chance.choice(_NODES), name="NodeForked")
    raise KeyError(trouble.how)
