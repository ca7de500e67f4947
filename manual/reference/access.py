"""What a route of the switcher wants to see before it answers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from switcher.access import allowed_to_look, allowed_to_read, session_of
from switcher.auth import Scope

_ANYBODY = "nothing"
_READING = "`read`, unless `readers` says otherwise"
_BY_COOKIE = "of the page: a cookie, which an order needs with scope `operate`"
_ON_LOOPBACK = "nothing on this machine, else `read`"


def needed(route: Any) -> str:
    """Return the scope that a route needs, as Markdown."""
    asked = list(_dependencies(getattr(route, "dependant", None)))
    told = {_told(call) for call in asked} - {""}
    return ", ".join(sorted(told)) or (_BY_COOKIE if session_of in asked else _ANYBODY)


def _told(call: Callable[..., Any]) -> str:
    if call is allowed_to_read:
        return _READING
    if call is allowed_to_look:
        return _ON_LOOPBACK
    if not inspect.isfunction(call):
        return ""
    held = inspect.getclosurevars(call).nonlocals.values()
    return next((f"`{each}`" for each in held if isinstance(each, Scope)), "")


def _dependencies(dependant: Any) -> Iterator[Callable[..., Any]]:
    """Yield what is asked before the route itself is."""
    for each in dependant.dependencies if dependant else ():
        yield each.call
        yield from _dependencies(each)
