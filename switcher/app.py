"""The HTTP application around a running switcher."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from switcher.errors import JOURNAL_UNUSABLE, JournalError
from switcher.feed import Feed
from switcher.journal.plain import plain_json
from switcher.page.answers import html
from switcher.page.visitors import SignInError
from switcher.page.writing import Writer
from switcher.routes import (
    alerts,
    events,
    health,
    operate,
    order,
    page,
    read,
    resolve,
    shown,
    sign_in,
)
from switcher.routes.refusals import with_shapes
from switcher.running import Switcher

ROOMS = (alerts, operate, resolve, read, events, shown, health, page, sign_in, order)
"""What has a router."""

_NO_OBJECT = ("model_attributes_type", "missing")
_OBJECT = "The body must be a JSON object, sent with Content-Type: application/json"


class _Application(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = with_shapes(super().openapi())
        return self.openapi_schema


def create_app(switcher: Switcher) -> FastAPI:
    """Return the application; whoever made the switcher starts and stops it."""
    app = _Application(
        title="Understudy switcher",
        # These two are in `shown`, where a token may be needed.
        docs_url=None,
        openapi_url=None,
        # A redirect names the address as the caller did, and a proxy's caller may be led past it.
        redirect_slashes=False,
    )
    app.state.switcher = switcher
    app.state.feed = Feed(switcher)
    app.state.writer = Writer(lambda: switcher.chain.witnesses)
    for room in ROOMS:
        app.include_router(room.router)
    app.add_exception_handler(JournalError, _journal_unusable)
    app.add_exception_handler(SignInError, _to_sign_in)
    app.add_exception_handler(RequestValidationError, _senseless)
    return app


async def _journal_unusable(request: Request, _error: Exception) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        writer: Writer = request.app.state.writer
        return html(writer.write("problem.html", session=None, refusal=JOURNAL_UNUSABLE), 503)
    return JSONResponse({"detail": JOURNAL_UNUSABLE}, status_code=503)


async def _to_sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInError)
    writer: Writer = request.app.state.writer
    text = writer.write("sign_in.html", session=error.session, refusal=str(error))
    return html(text, error.status)


async def _senseless(_request: Request, error: Exception) -> JSONResponse:
    """Answer as the framework does, but without repeating what was sent.

    That may be a secret, or not even text. What the framework says of a body that is no object
    would not tell somebody who forgot to say that it is JSON.
    """
    assert isinstance(error, RequestValidationError)
    told = [
        {"type": each["type"], "loc": _known_part(each), "msg": _message(each)}
        for each in error.errors()
    ]
    return JSONResponse({"detail": plain_json(told)}, status_code=422)


def _message(mistake: Mapping[str, Any]) -> str:
    if tuple(mistake["loc"]) == ("body",) and mistake["type"] in _NO_OBJECT:
        return _OBJECT
    return str(mistake["msg"]).removeprefix("Value error, ")


def _known_part(mistake: Mapping[str, Any]) -> list[Any]:
    """Return where a mistake is, as far as the names there are ours."""
    place = list(mistake["loc"])
    return place[:-1] if mistake["type"] == "extra_forbidden" else place
