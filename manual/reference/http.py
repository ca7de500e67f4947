"""What the switcher and a node of the peer chain answer over HTTP, and whom."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from starlette.routing import Route

from manual.reference.access import needed
from manual.reference.markdown import code, document, prose, table
from manual.reference.shapes import shape_of, shapes
from peernode.app import create_app as peer_app
from peernode.routes.chain import chain_routes
from peernode.routes.making import making_routes
from peernode.routes.nodes import register_routes, resolve_routes
from switcher.app import create_app as switcher_app

_INTRODUCTION = """\
Times are seconds since the epoch; `null` stands for what is not known, or not yet. A token goes
into the header `Authorization: Bearer TOKEN`; `understudy token new` makes one. Why which address
needs which scope is in [access](../decisions/switcher-access.md). A request that makes no sense is
answered 422 with what is wrong in `detail`; without a token that is good for it, 401 or 403; 503
while the journal can't be used. The switcher itself shows this at `/docs`, and as OpenAPI at
`/openapi.json`."""

_PEERS = """\
At `peers.listen` of the switcher, where its replica answers, and of `understudy node`. The
protocol knows no tokens; who can do what is in the [threat model](../threat-model.md)."""

_UNTOLD = {"HTTPValidationError", "ValidationError"}
_HEAD = ("address", "needs", "what it does")


def page() -> str:
    """Return the page of what is answered over HTTP."""
    app = switcher_app(cast("Any", None))
    described = app.openapi()
    routes = list(_routes(app.routes))
    rows = [
        (code(f"{method} {route.path}"), needed(route), prose(inspect.getdoc(route.endpoint) or ""))
        for route in routes
        for method in sorted(route.methods - {"HEAD"})
    ]
    schemas = described["components"]["schemas"]
    told = {name: shape for name, shape in schemas.items() if name not in _UNTOLD}
    return document(
        "HTTP API",
        _INTRODUCTION,
        "## Switcher",
        table(_HEAD, rows),
        *_operations(described["paths"]),
        "## Shapes",
        *shapes(told),
        "## Peer chain",
        _PEERS,
        table(("address", "replica", "what it does"), _of_peers()),
    )


def _routes(routes: Iterable[Any]) -> Iterator[Any]:
    """Yield the routes of an application, those of the routers within it included."""
    for each in routes:
        within = getattr(each, "original_router", None)
        if within is not None:
            yield from _routes(within.routes)
        else:
            yield each


def _operations(paths: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield what goes into each operation, and comes out of it."""
    for path, operations in paths.items():
        for method, operation in operations.items():
            lines = [*_taken(operation), *_answered(operation)]
            if lines:
                yield f"### `{method.upper()} {path}`"
                yield "\n".join(f"- {line}" for line in lines)


def _taken(operation: Mapping[str, Any]) -> Iterator[str]:
    for each in operation.get("parameters", ()):
        need = "needed" if each.get("required") else "may be left out"
        shape = shape_of(each["schema"])
        yield f"{each['in']} {code(each['name'])}: {shape}, {need}"
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        yield f"takes {shape_of(body['schema'])}, as `{kind}`"


def _answered(operation: Mapping[str, Any]) -> Iterator[str]:
    """Yield each shape once, with every status that it comes with."""
    statuses: dict[str, list[str]] = {}
    for status, answer in operation["responses"].items():
        for body in answer.get("content", {}).values():
            shape = shape_of(body.get("schema", {}))
            if shape and status != "422":
                statuses.setdefault(shape, []).append(status)
    for shape, found in statuses.items():
        yield f"answers {', '.join(sorted(found))} with {shape}"


def _of_peers() -> Iterator[tuple[str, str, str]]:
    none = cast("Any", None)
    shown = [*chain_routes(none), *resolve_routes(none, none)]
    alone = [*register_routes(none, none, []), *making_routes(none, none)]
    health = [each for each in peer_app(()).routes if isinstance(each, Route)]
    for route in (*shown, *health, *alone):
        does = prose(inspect.getdoc(route.endpoint) or "")
        (method,) = sorted((route.methods or {"GET"}) - {"HEAD"})
        yield code(f"{method} {route.path}"), "no" if route in alone else "yes", does
