"""What the exporter serves: each answer from what is known already, none waits for a node."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from exporter.access import guarded
from exporter.exposition import Exposition
from exporter.instruments import version
from exporter.landing import page
from exporter.observed import Observed, ObservedPeers
from exporter.users import Users

_HEADERS = {
    # Its one style stands in the page; it needs nothing else.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def create_app(
    seen: Observed,
    exposition: Exposition,
    peers: ObservedPeers | None = None,
    users: Users | None = None,
) -> Starlette:
    """Return the ASGI application; with `users` only these see more than that it is up."""

    async def metrics(request: Request) -> Response:
        text, content_type = exposition.text(request.headers.get("accept", ""))
        return Response(text, headers={"content-type": content_type})

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        trouble = _trouble(seen)
        return PlainTextResponse(f"{trouble or 'ok'}\n", 503 if trouble else 200)

    async def landing(_: Request) -> Response:
        return HTMLResponse(page(seen, peers, version()), headers=_HEADERS)

    app = Starlette(
        routes=[
            Route("/", guarded(landing, users)),
            Route("/metrics", guarded(metrics, users)),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
        ]
    )
    # A redirect names http:// to who came through a proxy, and who follows it shows his password.
    app.router.redirect_slashes = False
    return app


def _trouble(seen: Observed) -> str:
    if not any(node.up for node in seen.nodes):
        return "no node answers"
    if seen.follower.head is None:
        return "no chain is followed yet"
    return ""
