"""What an operator may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, status
from pydantic import BaseModel, ConfigDict, StringConstraints

from switcher.access import Running, requires
from switcher.auth import Bearer, Scope
from switcher.model import Arming

_log = structlog.get_logger("switcher.operate")
router = APIRouter(prefix="/api", tags=["operate"])

Operator = Annotated[Bearer, Depends(requires(Scope.OPERATE))]


class ArmingOrder(BaseModel):
    """Which witness (its account), or all of them where none is named, and why."""

    model_config = ConfigDict(extra="forbid")

    witness: str | None = None
    why: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


@dataclass(frozen=True, slots=True)
class ArmingState:
    """A witness as it is armed now."""

    witness: str
    armed: bool
    who: str
    why: str
    since: float


@router.post("/arm")
async def arm(order: ArmingOrder, switcher: Running, operator: Operator) -> list[ArmingState]:
    """Allow rotations; kept over restarts."""
    return await _set(order, switcher, operator, armed=True)


@router.post("/disarm")
async def disarm(order: ArmingOrder, switcher: Running, operator: Operator) -> list[ArmingState]:
    """Forbid rotations; kept over restarts. A transaction that is already sent is not undone."""
    return await _set(order, switcher, operator, armed=False)


async def _set(
    order: ArmingOrder, switcher: Running, operator: Bearer, *, armed: bool
) -> list[ArmingState]:
    if order.witness is not None and order.witness not in switcher.witnesses:
        known = ", ".join(switcher.witnesses)
        sentence = f"There is no witness {order.witness!r} in the configuration, only: {known}."
        raise HTTPException(status.HTTP_404_NOT_FOUND, sentence)
    chosen = switcher.witnesses if order.witness is None else (order.witness,)
    state = Arming(armed, operator.name, order.why, switcher.clock())
    for witness in chosen:
        await switcher.arm(witness, state)
        _log.info("armed" if armed else "disarmed", witness=witness, who=state.who, why=state.why)
    return [ArmingState(w, armed, state.who, state.why, state.since) for w in chosen]
