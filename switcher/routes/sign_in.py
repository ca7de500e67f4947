"""Signing in on the status page, and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response, status
from fastapi.responses import RedirectResponse

from switcher.access import Running, SignedIn, cookie_name, over_tls
from switcher.auth import Scope
from switcher.page.answers import HEADERS, html
from switcher.page.forms import of_another_session, sent_from_elsewhere
from switcher.routes.operate import MAX_BODY
from switcher.routes.page import Writing
from switcher.running import Switcher
from switcher.sessions import SECONDS

_UNKNOWN = "This token is not known; the switcher reads its file of tokens at its start."
_NOT_FOR_PEOPLE = "A token of scope alerts is Alertmanager's; this page takes read or operate."

router = APIRouter(include_in_schema=False, max_body_size=MAX_BODY)


@router.get("/sign-in")
async def ask(writer: Writing, session: SignedIn) -> Response:
    """Return the form that asks for a token."""
    return html(writer.write("sign_in.html", session=session, refusal=""))


@router.post("/sign-in")
async def sign_in(
    request: Request,
    switcher: Running,
    writer: Writing,
    session: SignedIn,
    token: Annotated[str, Form()] = "",
) -> Response:
    """Take a token, and give a cookie for it."""
    refusal, code = sent_from_elsewhere(request), status.HTTP_403_FORBIDDEN
    bearer = switcher.tokens.bearer(token.strip())
    if refusal is None and bearer is None:
        refusal, code = _UNKNOWN, status.HTTP_401_UNAUTHORIZED
    elif refusal is None and bearer and not bearer.may(Scope.READ):
        refusal = _NOT_FOR_PEOPLE
    if refusal is not None:
        return html(writer.write("sign_in.html", session=session, refusal=refusal), code)
    answer = back_to_the_page()
    cookie = switcher.sessions.begin(token.strip(), switcher.clock())
    _set_cookie(answer, switcher, cookie or "", SECONDS)
    return answer


@router.post("/sign-out")
async def sign_out(
    request: Request,
    switcher: Running,
    writer: Writing,
    session: SignedIn,
    form_token: Annotated[str, Form()] = "",
) -> Response:
    """Have the browser forget its cookie."""
    refusal = sent_from_elsewhere(request)
    if session is not None and refusal is None:
        refusal = of_another_session(session, form_token)
    if refusal is not None:
        text = writer.write("sign_in.html", session=session, refusal=refusal)
        return html(text, status.HTTP_403_FORBIDDEN)
    answer = back_to_the_page()
    _set_cookie(answer, switcher, "", 0)
    return answer


def back_to_the_page(fragment: str = "") -> Response:
    """Return the answer after which a browser asks for the status page."""
    return RedirectResponse(f"./{fragment}", status.HTTP_303_SEE_OTHER, HEADERS)


def _set_cookie(answer: Response, switcher: Switcher, value: str, seconds: int) -> None:
    answer.set_cookie(
        cookie_name(switcher),
        value,
        max_age=seconds,
        path="/",
        secure=over_tls(switcher),
        httponly=True,
        samesite="strict",
    )
