"""The HTTP application around a running switcher."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from switcher.errors import JournalError
from switcher.routes import alerts, health, operate, read, shown
from switcher.running import Switcher


def create_app(switcher: Switcher) -> FastAPI:
    """Return the application; whoever made the switcher starts and stops it."""
    app = FastAPI(
        title="Understudy switcher",
        # These two are in `shown`, where a token may be needed.
        docs_url=None,
        openapi_url=None,
        # A redirect names the address as the caller did, and a proxy's caller may be led past it.
        redirect_slashes=False,
    )
    app.state.switcher = switcher
    for room in (alerts, operate, read, shown, health):
        app.include_router(room.router)
    app.add_exception_handler(JournalError, _journal_unusable)
    return app


async def _journal_unusable(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "The journal can't be used at present."}, status_code=503)
