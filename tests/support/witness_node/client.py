"""A plain websocket and HTTP client for the contract test, apart from the project's own one."""

from __future__ import annotations

import http.client
import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

from .signing import Head

DEADLINE = 10.0
"""Seconds within which a node answers or the test fails."""

BLOCK_CALLBACK = 1
FRESH = 0.5

Json = Any


class RefusedError(AssertionError):
    """The node answered a call of the test's own with an error."""


@dataclass
class Connection:
    """A websocket to a node; notices that come between replies are kept apart."""

    socket: ClientConnection
    notices: deque[Json] = field(default_factory=deque)
    _last_id: int = 1000

    def send(self, frame: Json) -> None:
        """Send a frame as JSON."""
        self.socket.send(json.dumps(frame))

    def receive(self, timeout: float = DEADLINE) -> Json:
        """Return the next frame, whatever it is."""
        return json.loads(self.socket.recv(timeout))

    def reply(self, timeout: float = DEADLINE) -> Json:
        """Return the next frame that is no notice."""
        until = monotonic() + timeout
        while True:
            frame = self.receive(max(0.0, until - monotonic()))
            if frame.get("method") != "notice":
                return frame
            self.notices.append(frame)

    def notice(self, timeout: float = DEADLINE) -> Json:
        """Return the oldest notice that was not yet asked for."""
        return self.notices.popleft() if self.notices else self._fresh_notice(timeout)

    def notice_where(self, fits: Callable[[Json], bool], timeout: float = DEADLINE) -> Json:
        """Return the next notice that fits; the others are dropped."""
        until = monotonic() + timeout
        while not fits(found := self.notice(max(0.0, until - monotonic()))):
            pass
        return found

    def _fresh_notice(self, timeout: float) -> Json:
        frame = self.receive(timeout)
        assert frame.get("method") == "notice", f"not a notice: {frame!r:.300}"
        return frame

    def exchange(self, frame: Json) -> Json:
        """Send a frame and return the reply to it."""
        self.send(frame)
        return self.reply()

    def call(self, api: str | int, method: str, *params: Any) -> Any:
        """Call a method and return its result.

        Raises:
            RefusedError: the node answered with an error.
        """
        self._last_id += 1
        request = {"id": self._last_id, "method": "call", "params": [api, method, list(params)]}
        reply = self.exchange(request)
        if "error" in reply:
            raise RefusedError(f"{method}: {reply['error']['message']}")
        assert reply["id"] == self._last_id
        return reply["result"]

    def head(self) -> Head:
        """Return the node's head block."""
        return Head.of(self.call("database", "get_objects", ["2.1.0"])[0])

    def await_block(self, number: int, timeout: float = DEADLINE) -> None:
        """Wait until the node has a block of this height."""
        self.call("database", "set_block_applied_callback", BLOCK_CALLBACK)
        while self.head().number < number:
            self.notice_where(lambda notice: notice["params"][0] == BLOCK_CALLBACK, timeout)

    def fresh_head(self) -> Head:
        """Return a head block that stays the head for half a second or more.

        Node and test share the machine's clock.
        """
        head = self.head()
        if time() - head.time < FRESH:
            return head
        self.await_block(head.number + 1)
        return self.head()

    def witness(self, number: int = 1) -> Json:
        """Return the witness object 1.6.<number>."""
        return self.call("database", "get_objects", [f"1.6.{number}"])[0]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Open a websocket to a node for as long as the context lasts."""
    with connect(url, max_size=None, proxy=None, open_timeout=DEADLINE) as socket:
        yield Connection(socket)


@dataclass(frozen=True)
class HttpReply:
    """An HTTP answer of a node."""

    status: int
    reason: str
    headers: dict[str, str]
    body: str


def ask(
    url: str, method: str, path: str, headers: dict[str, str], body: str | bytes | None
) -> HttpReply:
    """Send one HTTP request to a node."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=DEADLINE)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        return HttpReply(answer.status, answer.reason, dict(answer.getheaders()), text)
    finally:
        connection.close()
