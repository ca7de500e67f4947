"""What the node answers, a module for each kind of question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from peernode.errors import RefusedError

_BY_A_PAGE = (
    "A page in a browser asks for this, and the node has none; whoever means it asks by a program, "
    "or types the address."
)


def doing(
    path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str = "GET"
) -> Route:
    """Return the route of what does something, so that HEAD is none of its methods.

    No page in a browser may ask for it: whatever page a person opens could, wherever he reaches the
    node from, and without his knowing.
    """

    async def guarded(request: Request) -> Response:
        if _sent_by_a_page(request):
            raise RefusedError(403, _BY_A_PAGE)
        return await endpoint(request)

    guarded.__doc__ = endpoint.__doc__
    route = Route(path, guarded, name=endpoint.__name__)
    route.methods = {method}
    return route


def _sent_by_a_page(request: Request) -> bool:
    """Tell whether a browser says so; no page can have it say otherwise, no program says it."""
    site = request.headers.get("sec-fetch-site", "none")
    return site != "none" or "origin" in request.headers
