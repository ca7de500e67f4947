"""The recorded frames of a real node, as exchanges of one request and its reply."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "fixtures" / "bitshares" / "recordings"
NUMBERED = {0: "database", 1: "login", 2: "network_broadcast"}
"""Apis by number: 0 and 1 are fixed, 2 is what the recorded connections were given first."""

METHOD_NOT_FOUND = -32601
NO_SUCH_NUMBER = "_local_apis.size() > api_id"
ACCESS_DENIED = "is_allowed: Access denied"

Json = Any


@dataclass(frozen=True)
class Exchange:
    """One recorded request; `reply` is None where the node never answered."""

    file: str
    line: int
    note: str
    connection: str
    request: Json
    raw: str | None
    binary: bool
    reply: Json
    head: int | None
    """The number of the last head block that the recording showed before the request."""

    @property
    def name(self) -> str:
        """A name for test reports, such as "errors-38-broadcast_transaction"."""
        return f"{Path(self.file).stem}-{self.line}-{(self.method or 'frame').split('.')[-1]}"

    @property
    def method(self) -> str | None:
        """The method as "api.method", None for what is no call of one."""
        if not isinstance(self.request, dict):
            return None
        name, params = self.request.get("method"), self.request.get("params")
        if name != "call":
            return f"database.{name}" if isinstance(name, str) else None
        if not isinstance(params, list) or len(params) != 3:
            return None
        api = NUMBERED.get(params[0]) if isinstance(params[0], int) else params[0]
        return f"{api}.{params[1]}"

    @property
    def params(self) -> list[Any]:
        """The arguments of the called method."""
        outer: list[Any] = self.request["params"]
        return list(outer[2]) if self.request["method"] == "call" else outer

    @property
    def unknown(self) -> bool:
        """Whether the real node knew no such method or api."""
        error = self.error or {"code": 0, "message": ""}
        return error["code"] == METHOD_NOT_FOUND or NO_SUCH_NUMBER in error["message"]

    @property
    def denied(self) -> bool:
        """Whether the real node did not open the api to this client."""
        return ACCESS_DENIED in (self.error or {}).get("message", "")

    @property
    def error(self) -> dict[str, Any] | None:
        """The recorded error, None where the call succeeded or was not answered."""
        return self.reply.get("error") if isinstance(self.reply, dict) else None


@cache
def exchanges(file: str) -> tuple[Exchange, ...]:
    """Return the exchanges of one recording, in the order of their requests."""
    events = list(_events(file))
    return tuple(
        Exchange(
            file=file,
            line=number,
            note=_last_note(events[:number]),
            connection=_connection(event),
            request=event.get("frame"),
            raw=event.get("raw"),
            binary=event["dir"] == "send-binary",
            reply=_reply(events[number:], event),
            head=_last_head(events[:number]),
        )
        for number, event in enumerate(events, 1)
        if event["dir"].startswith("send")
    )


@cache
def everything() -> tuple[Exchange, ...]:
    """Return the exchanges of all websocket recordings and of the HTTP one's bodies."""
    files = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.jsonl"))
    return tuple(exchange for file in files for exchange in exchanges(file))


@cache
def http_exchanges() -> tuple[Json, ...]:
    """Return the events of the HTTP recording: {request: {…}, response: {…}}."""
    return tuple(json.loads(line) for line in (FOLDER / HTTP).read_text().splitlines())


HTTP = "connect-http.jsonl"


def notices(file: str, callback: int) -> tuple[Json, ...]:
    """Return the recorded notices to one callback id."""
    return tuple(
        event["frame"]
        for event in _events(file)
        if event["dir"] == "recv"
        and event["frame"].get("method") == "notice"
        and event["frame"]["params"][0] == callback
    )


def _events(file: str) -> Iterator[dict[str, Any]]:
    for line in (FOLDER / file).read_text().splitlines():
        event = json.loads(line)
        if "request" in event:
            yield from _as_frames(event)
        else:
            yield event


def _as_frames(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an HTTP request and its answer as frames of a connection of their own."""
    connection = event["t"]
    try:
        request = json.loads(event["request"]["body"] or "")
    except ValueError:
        return
    yield {"dir": "send-http", "conn": connection, "frame": request}
    if body := event["response"]["body"]:
        yield {"dir": "recv", "conn": connection, "frame": json.loads(body)}


def _connection(event: dict[str, Any]) -> str:
    return f"{event.get('node')}/{event.get('conn')}"


def _last_note(events: list[dict[str, Any]]) -> str:
    return next((str(event["text"]) for event in reversed(events) if event["dir"] == "note"), "")


def _reply(later: list[dict[str, Any]], sent: dict[str, Any]) -> Json:
    same = [event for event in later if _connection(event) == _connection(sent)]
    request = sent.get("frame")
    identity = request.get("id") if isinstance(request, dict) else None
    for event in same:
        if event["dir"] == "recv":
            frame = event["frame"]
            if "id" in frame and frame["id"] in (identity, None):
                return frame
        elif event["dir"].startswith("send") and identity is None:
            return None
    return None


def _last_head(events: list[dict[str, Any]]) -> int | None:
    for event in reversed(events):
        if event["dir"] == "recv" and (number := _head_in(event["frame"].get("result"))):
            return number
    return None


def _head_in(result: Json) -> int | None:
    for item in result if isinstance(result, list) else [result]:
        if isinstance(item, dict) and item.get("id") == "2.1.0":
            return int(item["head_block_number"])
    return None
