"""JSON-RPC as a node speaks it: one frame in, at most one answer out.

Source: fc, `network/rpc/websocket_api.cpp`, `rpc/state.cpp`; bitshares-core, `api.cpp` (login).
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devnet.broadcast import BlockApi, BroadcastApi
from devnet.database import DatabaseApi
from devnet.node_config import API_CONFIG
from devnet.refusals import (
    Frame,
    MethodNotFoundError,
    RefusedError,
    error_json,
    failed_at,
    stack_json,
)
from devnet.session import Answer, Method, Session, methods_of
from devnet.values import Json

_log = logging.getLogger(__name__)
_PARSE_ERROR, _INVALID, _NO_NAMED, _INTERNAL = -32700, -32600, -32602, -32603
_DATABASE, _LOGIN = 0, 1
_API_NAMES = (
    "asset",
    "block",
    "crypto",
    "custom_operations",
    "debug",
    "history",
    "network_broadcast",
    "network_node",
    "orders",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its frame (None: no answer is due) and its status over HTTP."""

    frame: Json | None
    status: int = 200

    @property
    def text(self) -> str:
        """The frame as it goes over the wire."""
        return encode(self.frame)


def encode(frame: Json | None) -> str:
    """Return a frame's compact JSON, empty for none."""
    return "" if frame is None else json.dumps(frame, separators=(",", ":"), ensure_ascii=False)


class Connection:
    """The calls of one client; `access` names the APIs that it may use."""

    def __init__(self, session: Session, access: frozenset[str]) -> None:
        self._session = session
        self._access = access
        self._logged_out = False
        self._named: dict[str, int] = {}
        self._apis: list[Mapping[str, Method]] = [
            methods_of(DatabaseApi(session)),
            self._login_methods(),
        ]

    async def answer(self, text: str) -> Reply:
        """Answer one frame; waits where the method itself does."""
        request, problem = _parse(text)
        if problem is not None:
            return Reply(problem, 400)
        head = {"id": request.get("id")}
        if "jsonrpc" in request:
            head["jsonrpc"] = request["jsonrpc"]
        try:
            result = self._call(request)
            if isinstance(result, asyncio.Future):
                result = await result
            reply = Reply(head | {"result": result})
        except RefusedError as refusal:
            error = refusal.json(int(time.time()))
            reply = Reply(head | {"error": error}, 400 if refusal.code <= _INVALID else 200)
        except Exception as fault:
            _log.exception("%s fails on %s", self._session.node.name, text)
            error = {"code": _INTERNAL, "message": f"Internal error: {fault}"}
            reply = Reply(head | {"error": error}, 500)
        return reply if head["id"] is not None else Reply(None, 204)

    def _call(self, request: Json) -> Answer:
        method, arguments = request["method"], request.get("params", [])
        if method != "call":
            return self._method(_DATABASE, method)(arguments)
        if len(arguments) != 3 or not isinstance(arguments[2], list):
            condition = "args.size() == 3 && args[2].is_array()"
            raise failed_at("websocket_api.cpp", "operator()", condition)
        api, name, inner = arguments
        return self._method(self._api_id(api), str(name))(inner)

    def _api_id(self, api: Any) -> int:
        if not isinstance(api, str):
            if not isinstance(api, int) or not 0 <= api < len(self._apis):
                condition = "_local_apis.size() > api_id"
                raise failed_at("api_connection.hpp", "receive_call", condition)
            return api
        if api == "login":
            return _LOGIN
        identity = self._method(_LOGIN, api)([])
        return identity if isinstance(identity, int) else _LOGIN

    def _method(self, api_id: int, name: str) -> Method:
        methods = self._apis[api_id]
        if name not in methods:
            raise MethodNotFoundError(name, methods)
        return methods[name]

    # -- the login API ----------------------------------------------------------------------------

    def _login_methods(self) -> dict[str, Method]:
        methods: dict[str, Method] = {
            "login": Method(self._login, 2),
            "logout": Method(self._logout, 0),
            "database": Method(lambda: self._open("database"), 0),
            "get_config": Method(lambda: API_CONFIG, 0),
            "get_info": Method(lambda: "", 0),
            "get_available_api_sets": Method(
                lambda: sorted(f"{name}_api" for name in self._access), 0
            ),
        }
        for name in _API_NAMES:
            methods[name] = Method(self._opener(name), 0)
        return methods

    def _login(self, user: Any, password: Any) -> bool:
        del user, password  # a stock node lets everybody in under its "*" entry
        self._logged_out = False
        return True

    def _logout(self) -> bool:
        self._logged_out = True
        return False

    def _opener(self, name: str) -> Callable[[], int]:
        return lambda: self._open(name)

    def _open(self, name: str) -> int:
        if self._logged_out or name not in self._access:
            raise failed_at("api.cpp", name, "is_allowed", "Access denied")
        if name == "database":
            return _DATABASE
        if name not in self._named:
            self._apis.append(self._methods(name))
            self._named[name] = len(self._apis) - 1
        return self._named[name]

    def _methods(self, name: str) -> Mapping[str, Method]:
        if name == "network_broadcast":
            return methods_of(BroadcastApi(self._session))
        if name == "block":
            return methods_of(BlockApi(self._session))
        return {}


def _parse(text: str) -> tuple[Json, Json | None]:
    """Return the request, and the answer to what is none."""
    try:
        request = json.loads(text)
    except (ValueError, RecursionError) as error:
        return {}, _parse_problem(text, error)
    if isinstance(request, list):
        return {}, _problem(_INVALID, "Batch requests not supported")
    if not isinstance(request, dict):
        return {}, _problem(_INVALID, "Invalid JSON request")
    return request, _member_problem(request)


def _member_problem(request: Json) -> Json | None:
    method, params = request.get("method", ""), request.get("params", [])
    rules = (
        (isinstance(request.get("id"), list | dict), _INVALID, "Invalid id"),
        (
            "method" in request and (not isinstance(method, str) or not method),
            _INVALID,
            "Missing or invalid method",
        ),
        (request.get("jsonrpc", "2.0") != "2.0", _INVALID, "Unsupported JSON-RPC version"),
        ("method" not in request, _INVALID, "Missing method or result or error"),
        (isinstance(params, dict), _NO_NAMED, "Named parameters not supported"),
        (not isinstance(params, list), _INVALID, "Invalid parameters"),
    )
    return next((_problem(code, text) for wrong, code, text in rules if wrong), None)


def _problem(code: int, message: str) -> Json:
    return {"id": None, "jsonrpc": "2.0", "error": {"code": code, "message": message}}


def _parse_problem(text: str, error: Exception) -> Json:
    if text.strip():
        inner = (4, "parse_error_exception", "Parse Error")
        first = Frame(f"Unexpected JSON: {type(error).__name__}", {}, "json.cpp", "from_string")
    else:
        inner = (11, "eof_exception", "End Of File")
        first = Frame("stringstream", {}, "sstream.cpp", "readsome")
    frames = [first, Frame("", {"str": text[:200]}, "json.cpp", "from_string")]
    stack = stack_json(frames, int(time.time()))
    return {
        "id": None,
        "jsonrpc": "2.0",
        "error": error_json(_PARSE_ERROR, "Invalid JSON message", inner, stack),
    }
