"""The OpenAPI description of what a node, or a replica, answers. Pure.

Refusals are a sentence as plain text. Beside what is told here, existing nodes answer a chain's
whole blocks with whatever members they have.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.routing import Route

from chains.peer.client import MOST_HEIGHTS

Json = dict[str, Any]

_TEXT: Json = {"text/plain": {"schema": {"type": "string"}}}
_SENTENCES = {
    400: "It can't be done with what was sent.",
    403: "A page in a browser asks for it.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    503: "The chain can't be read at present, or the node is being stopped.",
}
_HEIGHT: Json = {"type": "integer", "minimum": 1, "maximum": 10**15 - 1}
_LENGTH: Json = {"type": "integer", "minimum": 0}
_HASH: Json = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_NO_BLOCK: Json = {"const": ""}
_BLOCK: Json = {
    "type": "object",
    "required": ["index", "transactions", "proof", "previous_hash"],
    "properties": {"index": _HEIGHT, "transactions": {"type": "array"}},
}
_BLOCKS: Json = {"type": "array", "items": _BLOCK}


def description(routes: Iterable[Route]) -> Json:
    """Return the description of those of the known addresses that are among `routes`."""
    served = {route.path for route in routes}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Understudy peer node", "version": "1"},
        "paths": {path: told for path, told in _PATHS.items() if path in served},
    }


def _operation(summary: str, answers: Json, *refusals: int, **more: Any) -> Json:
    told = {str(code): {"description": _SENTENCES[code], "content": _TEXT} for code in refusals}
    return {"summary": summary, "responses": {**answers, **told}, **more}


def _answer(code: int, **members: Json) -> Json:
    shape = {"type": "object", "required": list(members), "properties": members}
    content = {"application/json": {"schema": shape}}
    return {str(code): {"description": "Done.", "content": content}}


def _asked(name: str, shape: Json, *, required: bool = True, **more: Any) -> Json:
    return {"name": name, "in": "query", "required": required, "schema": shape, **more}


def _body(**members: Json) -> Json:
    shape = {"type": "object", "required": list(members), "properties": members}
    return {"required": True, "content": {"application/json": {"schema": shape}}}


_RESOLVED: Json = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["message", "detail"],
            "properties": {"message": {"type": "string"}, "chain": _BLOCKS, "new_chain": _BLOCKS},
            "oneOf": [{"required": ["chain"]}, {"required": ["new_chain"]}],
        }
    }
}
_LINES: Json = {"200": {"description": "Done.", "content": {"application/x-ndjson": {}}}}
_UNCHANGED: Json = {"304": {"description": "It is the chain that If-None-Match names."}}
_TAG: Json = {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}

_PATHS: Json = {
    "/chain": {
        "get": _operation(
            "The whole chain.",
            {**_answer(200, chain=_BLOCKS, length=_LENGTH), **_UNCHANGED},
            503,
            parameters=[_TAG],
        )
    },
    "/chain/head": {
        "get": _operation(
            "How long the chain is, its newest hash, and the hash at a height.",
            _answer(
                200,
                length=_LENGTH,
                hash={"anyOf": [_HASH, _NO_BLOCK]},
                at={
                    "type": ["object", "null"],
                    "required": ["height", "hash"],
                    "properties": {"height": _HEIGHT, "hash": _HASH},
                },
            ),
            400,
            503,
            parameters=[_asked("at", _HEIGHT, required=False)],
        )
    },
    "/chain/hashes": {
        "get": _operation(
            "The hashes at some heights, null beyond the end.",
            _answer(200, hashes={"type": "array", "items": {"anyOf": [_HASH, {"type": "null"}]}}),
            400,
            503,
            parameters=[
                _asked(
                    "heights",
                    {"type": "array", "items": _HEIGHT, "minItems": 1, "maxItems": MOST_HEIGHTS},
                    style="form",
                    explode=False,
                )
            ],
        )
    },
    "/chain/blocks": {
        "get": _operation(
            "The blocks between two heights, one JSON object a line.",
            {**_LINES, **_UNCHANGED},
            400,
            503,
            parameters=[_asked("from", _HEIGHT), _asked("to", _HEIGHT), _TAG],
        )
    },
    "/nodes/resolve": {
        "get": _operation(
            "Adopt the longest valid chain of the nodes that are known.",
            {
                "200": {
                    "description": "Done.",
                    "content": {"application/json": {"schema": _RESOLVED}},
                }
            },
            403,
            503,
        )
    },
    "/nodes/register": {
        "post": _operation(
            "Ask these nodes from now on.",
            _answer(
                201,
                message={"type": "string"},
                total_nodes={"type": "array", "items": {"type": "string"}},
            ),
            *(400, 403, 408, 413, 503),
            requestBody=_body(nodes={"type": "array", "items": {"type": "string"}}),
        )
    },
    "/transactions/new": {
        "post": _operation(
            "Put a transaction into the next block.",
            _answer(201, message={"type": "string"}),
            *(400, 403, 408, 413, 503),
            requestBody=_body(sender={}, recipient={}, amount={}),
        )
    },
    "/mine": {
        "get": _operation(
            "Mine the next block, of all transactions that wait.",
            _answer(
                200,
                message={"type": "string"},
                index=_HEIGHT,
                transactions={"type": "array"},
                proof={"type": "integer"},
                previous_hash={"anyOf": [_HASH, {"const": 1}]},
            ),
            403,
            503,
        )
    },
    "/healthz": {
        "get": _operation(
            "Whether the process serves requests.",
            {"200": {"description": "It does.", "content": _TEXT}},
        )
    },
}
