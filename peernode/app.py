"""The HTTP application of a node, and of a replica, which makes nothing and registers nobody."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from peernode.description import description
from peernode.errors import RefusedError, StoppingError, StoreError
from serving.body import BodyError
from serving.presence import CallerGoneError

_log = structlog.get_logger("peernode.http")


def create_app(routes: Iterable[Route]) -> Starlette:
    """Return the application that answers on some routes, and whether it is alive."""
    served = [*routes, Route("/healthz", _healthz)]
    described = description(served)

    async def openapi(_: Request) -> Response:
        """Return the description of all this as OpenAPI."""
        return JSONResponse(described)

    app = Starlette(
        routes=[*served, Route("/openapi.json", openapi)],
        exception_handlers={
            RefusedError: _refused,
            BodyError: _body,
            StoreError: _unusable,
            StoppingError: _stopping,
            CallerGoneError: _left,
        },
    )
    # Who is led elsewhere by a redirect doesn't follow it, as our own nodes don't.
    app.router.redirect_slashes = False
    return app


async def _healthz(_: Request) -> Response:
    """Answer as long as the process serves requests."""
    return PlainTextResponse("ok\n")


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return _sentence(error.status, str(error))


async def _body(_: Request, error: Exception) -> Response:
    assert isinstance(error, BodyError)
    return _sentence(error.status, str(error), {"Connection": "close"})


async def _unusable(_: Request, error: Exception) -> Response:
    _log.error("the database can't be used", error=str(error))
    return _sentence(503, "The chain's database can't be used at present; the node's log says why.")


async def _stopping(_: Request, error: Exception) -> Response:
    return _sentence(503, str(error), {"Connection": "close"})


async def _left(_: Request, _error: Exception) -> Response:
    return _sentence(499, "")


def _sentence(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    # A caller's own text may be part of it, and what JSON can say need not be Unicode.
    body = f"{text}\n".encode("utf-8", "backslashreplace")
    return PlainTextResponse(body, status, headers)
