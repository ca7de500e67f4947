"""A person's orders: rotations, drills, and disarming for a while."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from bench.soak.ground import Ground
from bench.soak.plan import Trouble

_AGAIN = 1.0


async def asked(ground: Ground, trouble: Trouble) -> str:
    """Give an order about the witness of a ring, to whichever switcher answers."""
    account = ground.account(trouble.index)
    if trouble.how != "disarm":
        status = await _order(ground, trouble.index, trouble.how, account)
        return f"{trouble.how} {account}: {status}"
    status = await _order(ground, trouble.index, "disarm", account)
    try:
        await asyncio.sleep(trouble.seconds)
    finally:
        await armed(ground, account)
    return f"disarm {account}: {status}"


async def armed(ground: Ground, account: str) -> None:
    """Arm a witness, however long it takes until a switcher takes that."""
    while await _order(ground, 0, "arm", account) != httpx.codes.OK:
        await asyncio.sleep(_AGAIN)


async def _order(ground: Ground, first: int, what: str, account: str) -> int:
    """Return the status of the first switcher that answers, 0 where none does."""
    switchers = ground.stack.switchers
    token = {"Authorization": f"Bearer {ground.stack.written.client_token}"}
    order: dict[str, Any] = {"witness": account, "why": "soak"}
    for turn in range(len(switchers)):
        switcher = switchers[(first + turn) % len(switchers)]
        try:
            answer = await ground.client.post(
                f"{switcher.url}/api/{what}", json=order, headers=token
            )
        except httpx.HTTPError:
            continue
        return answer.status_code
    return 0
