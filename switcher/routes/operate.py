"""What an operator may do."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, status
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from switcher import handover
from switcher.access import Running, refuse_secrets, requires
from switcher.answers import ArmingState, Ordered, Preview
from switcher.auth import Bearer, Scope
from switcher.errors import OrderError
from switcher.model import Arming, Cause
from switcher.routes.refusals import OPERATING, ORDERING

_log = structlog.get_logger("switcher.operate")
MAX_BODY = 10_000
"""Bytes of an order; its body is read before its token, so that anybody may send one."""

router = APIRouter(prefix="/api", tags=["operate"], max_body_size=MAX_BODY, responses=OPERATING)

Operator = Annotated[Bearer, Depends(requires(Scope.OPERATE))]


def _on_one_line(why: str) -> str:
    """Return a text with a space for whatever isn't seen, which may be an order to a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in why)


def _seen(why: str) -> str:
    """Return a text without the spaces around it, of which something has to be left."""
    if not (seen := why.strip()):
        raise ValueError("There is nothing to be seen in it")
    return seen


Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500),
    BeforeValidator(lambda why: _on_one_line(why) if isinstance(why, str) else why),
    AfterValidator(_seen),
]


class ArmingOrder(BaseModel):
    """Which witness (its account), or all of them where none is named, and why."""

    model_config = ConfigDict(extra="forbid")

    witness: str | None = None
    why: Reason


class _Agreed(BaseModel):
    """An order of which a plan may have been shown."""

    model_config = ConfigDict(extra="forbid")

    witness: str
    instead_of: Annotated[str, StringConstraints(max_length=80)] | None = None


class RotationOrder(_Agreed):
    """Which witness (its account), to which producer (None: the next that is ready), and why.

    `instead_of` is the `signing_key` of the plan that was agreed to: where another key is in force
    by then, the order is refused.
    """

    to: str | None = None
    why: Reason = "by hand"


class DrillOrder(_Agreed):
    """Which witness (its account) is to be drilled, and why; `instead_of` as with a rotation."""

    why: Reason = "drill"


@router.post("/rotate/plan", responses=ORDERING)
async def plan_rotation(order: RotationOrder, switcher: Running, operator: Operator) -> Preview:
    """Show what a rotation by hand would do, cost and wait for; nothing is done."""
    return await previewed(Cause.MANUAL, order.witness, order.to, order.why, switcher, operator)


@router.post("/rotate", status_code=status.HTTP_202_ACCEPTED, responses=ORDERING)
async def rotate(order: RotationOrder, switcher: Running, operator: Operator) -> Ordered:
    """Rotate by hand, in the gap between two of the witness' slots."""
    return await given(Cause.MANUAL, order, order.to, switcher, operator)


@router.post("/drill/plan", responses=ORDERING)
async def plan_drill(order: DrillOrder, switcher: Running, operator: Operator) -> Preview:
    """Show what a drill would do, cost and wait for; nothing is done."""
    return await previewed(Cause.DRILL, order.witness, None, order.why, switcher, operator)


@router.post("/drill", status_code=status.HTTP_202_ACCEPTED, responses=ORDERING)
async def drill(order: DrillOrder, switcher: Running, operator: Operator) -> Ordered:
    """Put every backup on air in turn, see each sign a block, and go back to the first."""
    return await given(Cause.DRILL, order, None, switcher, operator)


@router.post("/arm")
async def arm(order: ArmingOrder, switcher: Running, operator: Operator) -> list[ArmingState]:
    """Allow rotations; kept over restarts."""
    return await set_arming(order, switcher, operator, armed=True)


@router.post("/disarm")
async def disarm(order: ArmingOrder, switcher: Running, operator: Operator) -> list[ArmingState]:
    """Forbid rotations; kept over restarts. A transaction that is already sent is not undone."""
    return await set_arming(order, switcher, operator, armed=False)


async def previewed(
    cause: Cause, witness: str, to: str | None, why: str, switcher: Running, operator: Bearer
) -> Preview:
    """Return what an order would do.

    Raises:
        HTTPException: it could not be given like that.
    """
    refuse_secrets(switcher, witness, to, why)
    _known(witness, switcher)
    try:
        proposal = handover.proposed(switcher.desk, witness, cause, to, operator.name, why)
        return await handover.preview(switcher.desk, proposal)
    except OrderError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error


async def given(
    cause: Cause,
    asked: RotationOrder | DrillOrder,
    to: str | None,
    switcher: Running,
    operator: Bearer,
) -> Ordered:
    """Give an order.

    Raises:
        HTTPException: it is refused.
    """
    witness, why = asked.witness, asked.why
    refuse_secrets(switcher, witness, to, why)
    _known(witness, switcher)
    try:
        proposal = handover.proposed(switcher.desk, witness, cause, to, operator.name, why)
        await handover.checked(switcher.desk, proposal, asked.instead_of)
        incident = await switcher.order(proposal)
    except OrderError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    order = proposal.order
    _log.info("ordered", witness=witness, cause=cause, who=order.who, why=why, to=order.route)
    return Ordered(incident.id, witness, list(order.route))


def _known(witness: str, switcher: Running) -> None:
    if witness not in switcher.witnesses:
        known = ", ".join(switcher.witnesses)
        sentence = f"There is no such witness in the configuration, only: {known}."
        raise HTTPException(status.HTTP_404_NOT_FOUND, sentence)


async def set_arming(
    order: ArmingOrder, switcher: Running, operator: Bearer, *, armed: bool
) -> list[ArmingState]:
    """Arm or disarm a witness, or all of them.

    Raises:
        HTTPException: the order is refused.
    """
    refuse_secrets(switcher, order.witness, order.why)
    if order.witness is not None:
        _known(order.witness, switcher)
    chosen = switcher.witnesses if order.witness is None else (order.witness,)
    state = Arming(armed, operator.name, order.why, switcher.clock())
    for witness in chosen:
        await switcher.arm(witness, state)
        _log.info("armed" if armed else "disarmed", witness=witness, who=state.who, why=state.why)
    return [ArmingState(w, armed, state.who, state.why, state.since) for w in chosen]
