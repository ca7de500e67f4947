"""The chain: whole, as existing nodes ask for it, and what differs, as our own nodes do."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chains.peer.client import MOST_HEIGHTS
from peernode.answers import ChainAnswer, Frame
from peernode.errors import RefusedError
from peernode.rows import Head
from peernode.store import Store

_DIGITS = 15


def chain_routes(store: Store) -> list[Route]:
    """Return what is answered about the chain."""

    async def whole(_: Request) -> Response:
        """Return the whole chain as `chain`, and its `length` in blocks."""
        return ChainAnswer(store, whole_chain)

    async def head(request: Request) -> Response:
        """Return `length` and newest `hash`; with ?at=HEIGHT also the `hash` at that height."""
        height = _height(request, "at") if "at" in request.query_params else None
        ours, found = await store.head_and_hash(height or 0)
        at = {"height": height, "hash": found} if found else None
        return JSONResponse({"length": ours.length, "hash": ours.hash, "at": at})

    async def hashes(request: Request) -> Response:
        """Return the `hashes` at ?heights=1,2,…, null beyond the end."""
        texts = request.query_params.get("heights", "").split(",")
        if len(texts) > MOST_HEIGHTS:
            raise RefusedError(400, f"More than {MOST_HEIGHTS} heights are asked for.")
        heights = [_number(text, "heights") for text in texts]
        return JSONResponse({"hashes": await store.hashes(heights)})

    async def blocks(request: Request) -> Response:
        """Return the blocks of ?from=HEIGHT&to=HEIGHT, one JSON object a line."""
        first, last = _height(request, "from"), _height(request, "to")
        return ChainAnswer(store, lambda head: _lines(head, first, last))

    return [
        Route("/chain", whole),
        Route("/chain/head", head),
        Route("/chain/hashes", hashes),
        Route("/chain/blocks", blocks),
    ]


def whole_chain(head: Head) -> Frame:
    """Return how the whole chain is written."""
    return Frame(1, head.length, b'{"chain": [', b", ", b'], "length": %d}\n' % head.length)


def _lines(head: Head, first: int, last: int) -> Frame:
    last = min(last, head.length)
    closing = b"\n" if first <= last else b""
    return Frame(first, max(last, first - 1), b"", b"\n", closing, "application/x-ndjson")


def _height(request: Request, name: str) -> int:
    text = request.query_params.get(name)
    if text is None:
        raise RefusedError(400, f"The parameter {name} is missing.")
    return _number(text, name)


def _number(text: str, name: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS and (height := int(text)):
        return height
    raise RefusedError(400, f"{name} must be heights of blocks, which begin at 1.")
