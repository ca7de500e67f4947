"""An HTTP server that answers what it is told to, in a thread of its own."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_REDIRECTS = (307, 308)
HANG_UP = (0, None)
"""The answer that breaks the connection off."""


@dataclass
class Canned:
    """What is answered, by path: each answer (status, body) once, the last one for ever.

    `asked` has the path and the body of every request.
    """

    address: str = ""
    answers: dict[str, Sequence[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, Any]:
        known = self.answers.get(path, [(404, {"detail": "Not Found"})])
        times = sum(asked == path for asked, _ in self.asked)
        return known[min(times, len(known)) - 1]


@contextmanager
def canned(tls: ssl.SSLContext | None = None) -> Iterator[Canned]:
    """Serve; what it answers is filled in by the test. The text of a redirect is where it leads.

    A connection is kept, and ended as soon as a second question comes by it: so a server that found
    it idle for long enough looks to who asks at that very moment.
    """
    can = Canned()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        answered = False

        def do_GET(self) -> None:
            if self.answered:
                self.close_connection = True
                return
            length = int(self.headers.get("Content-Length", 0))
            path = self.path.partition("?")[0]
            can.asked.append((path, json.loads(self.rfile.read(length) or b"null")))
            status, body = can.answer(path)
            if (status, body) == HANG_UP:
                self.close_connection = True
                return
            content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            if status in _REDIRECTS:
                self.send_header("Location", str(body))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.answered = True

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        can.address = f"127.0.0.1:{server.server_address[1]}"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield can
        finally:
            server.shutdown()
            serving.join()
