"""The other nodes: registering them, and adopting their chain."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chains.peer.addresses import Guard
from peernode.answers import ChainAnswer, Frame
from peernode.registration import parse_nodes, place_of
from peernode.resolution import Resolution
from peernode.resolve import Resolver
from peernode.routes import doing
from peernode.rows import Head
from peernode.store import Store
from peernode.transactions import parse_object
from serving.body import read_body
from serving.presence import while_connected

MOST_BODY = 250_000
_REPLACED = ("Our chain was replaced", "new_chain")
_AUTHORITATIVE = ("Our chain is authoritative", "chain")


def resolve_routes(store: Store, resolver: Resolver, rest: float = 0.0) -> list[Route]:
    """Return what is answered about the longest chain, for `rest` seconds by the last search."""

    async def resolve(request: Request) -> Response:
        """Adopt the longest valid chain of the nodes that are known, and return ours."""
        resolution = await while_connected(request, resolver.resolve(rest=rest))
        return ChainAnswer(store, lambda head: _resolved(head, resolution))

    return [doing("/nodes/resolve", resolve)]


def register_routes(store: Store, guard: Guard, named: list[str]) -> list[Route]:
    """Return what is answered to those who register nodes; `named` are the operator's own URLs."""

    async def register(request: Request) -> Response:
        """Remember the addresses in the list `nodes`, to be asked from now on."""
        urls = parse_nodes(parse_object(await read_body(request, MOST_BODY)), guard)
        known = [*named, *await store.register(urls)]
        return JSONResponse(
            {
                "message": "New nodes have been added",
                "total_nodes": list(dict.fromkeys(place_of(url) for url in known)),
            },
            status_code=201,
        )

    return [doing("/nodes/register", register, "POST")]


def _resolved(head: Head, resolution: Resolution) -> Frame:
    message, name = _REPLACED if resolution.replaced else _AUTHORITATIVE
    told = json.dumps({"message": message, "detail": resolution.sentence})
    opening = f'{told[:-1]}, "{name}": ['.encode()
    return Frame(1, head.length, opening, b", ", b"]}\n", tagged=False)
