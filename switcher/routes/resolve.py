"""What an operator may do about the chain of a node or a peer."""

from __future__ import annotations

from typing import Annotated, Any, Self

import structlog
from fastapi import APIRouter, Depends, HTTPException, status
from pydantic import BaseModel, ConfigDict, Field, model_validator

from switcher.access import Running, refuse_secrets, requires
from switcher.auth import Bearer, Scope
from switcher.errors import OrderError
from switcher.resolving import asking
from switcher.resolving.answers import ResolveOrdered, ResolvePreview
from switcher.resolving.model import Kind, Subject, Wish
from switcher.routes.operate import MAX_BODY, Reason
from switcher.routes.refusals import OPERATING, ORDERING
from switcher.running import Switcher

_log = structlog.get_logger("switcher.operate")

router = APIRouter(prefix="/api", tags=["operate"], max_body_size=MAX_BODY, responses=OPERATING)

Operator = Annotated[Bearer, Depends(requires(Scope.OPERATE))]


_NAME, _NONE = {"type": "string"}, {"type": "null"}
_ONE_OF_TWO: list[Any] = [
    {"required": ["node"], "properties": {"node": _NAME, "peer": _NONE, "allow_depth": _NONE}},
    {"required": ["peer"], "properties": {"peer": _NAME, "node": _NONE}},
]


class ResolveOrder(BaseModel):
    """Which node or peer, why, and how many of the replica's own blocks may go for it.

    `allow_depth` None means as many as peers.max_depth says.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"oneOf": _ONE_OF_TWO})

    node: str | None = None
    peer: str | None = None
    why: Reason = "by hand"
    allow_depth: Annotated[int | None, Field(ge=0, le=2**48)] = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if self.subject.kind is Kind.NODE and self.allow_depth is not None:
            raise ValueError("allow_depth goes with a peer")
        return self

    @property
    def subject(self) -> Subject:
        """Whom it is about."""
        return Subject.named(self.node, self.peer)


@router.post("/resolve/plan")
async def plan_resolve(
    order: ResolveOrder, switcher: Running, operator: Operator
) -> ResolvePreview:
    """Show what resolving would come to; nothing is done."""
    _check(order, switcher)
    return await asking.preview(switcher.staff.chains, order.subject, _wish(order, operator))


@router.post("/resolve", status_code=status.HTTP_202_ACCEPTED, responses=ORDERING)
async def resolve(order: ResolveOrder, switcher: Running, operator: Operator) -> ResolveOrdered:
    """Bring a peer to the longest valid chain, or examine all nodes and report on one."""
    _check(order, switcher)
    try:
        matter = await asking.order(switcher.staff.chains, order.subject, _wish(order, operator))
    except OrderError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    about, deep = str(order.subject), order.allow_depth
    _log.info("ordered", about=about, who=operator.name, why=order.why, allow_depth=deep)
    return ResolveOrdered(matter.id, matter.subject.kind, matter.subject.name)


def _wish(order: ResolveOrder, operator: Bearer) -> Wish:
    return Wish(operator.name, order.why, order.allow_depth)


def _check(order: ResolveOrder, switcher: Switcher) -> None:
    subject = order.subject
    refuse_secrets(switcher, order.why, subject.name)
    if not switcher.staff.chains.knows(subject):
        standing = switcher.staff.chains.standing()
        known = ", ".join(each.name for each in standing if each.kind is subject.kind) or "none"
        sentence = f"There is no such {subject.kind} in the configuration, only: {known}."
        raise HTTPException(status.HTTP_404_NOT_FOUND, sentence)
