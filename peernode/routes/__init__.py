"""What the node answers, a module for each kind of question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def doing(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    """Return the route of a GET that does something, so that HEAD is none of its methods."""
    route = Route(path, endpoint)
    route.methods = {"GET"}
    return route
