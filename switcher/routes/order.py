"""Orders from the status page: what is asked for, what it would do, and the order itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from switcher.access import Running
from switcher.model import Cause
from switcher.page.answers import html
from switcher.page.forms import of_another_session, sent_from_elsewhere
from switcher.page.visitors import Operating
from switcher.page.writing import Writer
from switcher.planned import told
from switcher.reading import read_status
from switcher.routes.operate import (
    MAX_BODY,
    ArmingOrder,
    RotationOrder,
    given,
    previewed,
    set_arming,
)
from switcher.routes.page import Writing
from switcher.routes.sign_in import back_to_the_page
from switcher.running import Switcher
from switcher.sessions import Session

What = Literal["arm", "disarm", "rotate", "drill"]
_CAUSES = {"rotate": Cause.MANUAL, "drill": Cause.DRILL}
_NO_REASON = "Say why, in 500 letters at most: it will stand in the journal."

router = APIRouter(include_in_schema=False, max_body_size=MAX_BODY)


class Wish(BaseModel):
    """What somebody asks for on the page; `to` is empty for the next host that is ready.

    `instead_of` is the key in force of the plan that he was shown.
    """

    model_config = ConfigDict(extra="forbid")

    what: What
    witness: Annotated[str, Field(max_length=63)]
    to: Annotated[str, Field(max_length=80)] = ""
    why: str = ""
    instead_of: str | None = None
    form_token: str = ""
    confirmed: bool = False


@router.get("/order")
async def ask(
    switcher: Running,
    writer: Writing,
    session: Operating,
    what: Annotated[What, Query()],
    witness: Annotated[str, Query(max_length=63)],
) -> Response:
    """Return the form of an order."""
    return await _Counter(switcher, writer, session).form(Wish(what=what, witness=witness))


@router.post("/order")
async def take(
    request: Request,
    switcher: Running,
    writer: Writing,
    session: Operating,
    wish: Annotated[Wish, Form()],
) -> Response:
    """Show what an order would do, or give it where that was confirmed."""
    counter = _Counter(switcher, writer, session)
    refusal = sent_from_elsewhere(request) or of_another_session(session, wish.form_token)
    if refusal:
        return await counter.refused(wish, refusal, status.HTTP_403_FORBIDDEN)
    try:
        if not wish.confirmed and wish.what in _CAUSES:
            return await counter.plan(wish)
        await counter.give(wish)
    except ValidationError:
        return await counter.refused(wish, _NO_REASON, status.HTTP_422_UNPROCESSABLE_CONTENT)
    except HTTPException as refused:
        return await counter.refused(wish, str(refused.detail), refused.status_code)
    return back_to_the_page()


@dataclass(frozen=True, slots=True)
class _Counter:
    """Where somebody who may operate gives his orders."""

    switcher: Switcher
    writer: Writer
    session: Session

    async def give(self, wish: Wish) -> None:
        """Give an order.

        Raises:
            ValidationError: there is no reason, or it is too long.
            HTTPException: it is refused.
        """
        bearer = self.session.bearer
        if wish.what in _CAUSES:
            asked = RotationOrder(
                witness=wish.witness,
                to=wish.to or None,
                why=wish.why,
                instead_of=wish.instead_of,
            )
            await given(_CAUSES[wish.what], asked, asked.to, self.switcher, bearer)
        else:
            arming = ArmingOrder(witness=wish.witness, why=wish.why)
            await set_arming(arming, self.switcher, bearer, armed=wish.what == "arm")

    async def plan(self, wish: Wish) -> Response:
        """Return what an order would do, with what confirms it."""
        asked = RotationOrder(witness=wish.witness, to=wish.to or None, why=wish.why)
        preview = await previewed(
            _CAUSES[wish.what],
            asked.witness,
            asked.to,
            asked.why,
            self.switcher,
            self.session.bearer,
        )
        standing = (await read_status(self.switcher)).of(wish.witness)
        # The host that was shown is the one that is ordered, whoever is ready by then.
        to = preview.route[0] if wish.what == "rotate" else ""
        rows = list(told(preview, self.switcher.clock(), standing.producers if standing else ()))
        shown = wish.model_copy(
            update={"to": to, "why": asked.why, "instead_of": preview.signing_key}
        )
        return await self.form(shown, rows, preview.refusal)

    async def refused(self, wish: Wish, refusal: str, code: int) -> Response:
        """Return the form again; what was refused may be a secret, which is not repeated."""
        return await self.form(wish.model_copy(update={"why": ""}), (), refusal, code)

    async def form(
        self,
        wish: Wish,
        plan: Sequence[tuple[str, str]] = (),
        refusal: str | None = None,
        code: int = status.HTTP_200_OK,
    ) -> Response:
        """Return the form of an order, or with a plan what confirms it."""
        standing = await read_status(self.switcher)
        witness = standing.of(wish.witness)
        if witness is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such witness here.")
        text = self.writer.write(
            "order.html",
            session=self.session,
            what=wish.what,
            witness=witness,
            to=wish.to,
            why=wish.why,
            instead_of=wish.instead_of,
            plan=plan,
            refusal=refusal,
            refused=bool(plan and refusal),
            dry_run=standing.dry_run,
        )
        return html(text, code)
