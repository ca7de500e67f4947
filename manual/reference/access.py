"""What a route of the switcher wants to see before it answers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from switcher.access import allowed_to_look, allowed_to_read
from switcher.auth import Scope
from switcher.page.visitors import operator, reader

_ANYBODY = "nothing"
_READING = "`read`, unless `readers` says otherwise"
_SIGNED_IN = "a browser that is signed in with `operate`"
_ON_LOOPBACK = "nothing on this machine, else `read`"


def needed(route: Any) -> str:
    """Return the scope that a route needs, as Markdown."""
    told = {_told(call) for call in _dependencies(getattr(route, "dependant", None))} - {""}
    return ", ".join(sorted(told)) or _ANYBODY


def _told(call: Callable[..., Any]) -> str:
    if call is operator:
        return _SIGNED_IN
    if call in (allowed_to_read, reader):
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
