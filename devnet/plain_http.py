"""HTTP as the plain nodes of the peer chain speak it, down to the bytes of their answers.

Everything is answered whole, with its length, on a connection that is closed then; JSON is written
with sorted keys, without blanks, in ASCII, with a line feed behind it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import urlsplit

_PAGE = """<!doctype html>
<html lang=en>
<title>{status} {title}</title>
<h1>{title}</h1>
<p>{text}</p>
"""
_REFUSALS = {
    400: "The browser (or proxy) sent a request that this server could not understand.",
    404: "The requested URL was not found on the server. If you entered the URL manually please "
    "check your spelling and try again.",
    405: "The method is not allowed for the requested URL.",
    415: "Did not attempt to load JSON data because the request Content-Type was not "
    "&#39;application/json&#39;.",
    500: "The server encountered an internal error and was unable to complete your request. Either "
    "the server is overloaded or there is an error in the application.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered."""

    status: int
    kind: str
    body: bytes
    allow: str = ""


def json_answer(value: Any, status: int = 200) -> Answer:
    """Return an answer of JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return Answer(status, "application/json", f"{text}\n".encode())


def text_answer(status: int, text: str) -> Answer:
    """Return an answer of bare text, which these nodes call HTML."""
    return Answer(status, "text/html; charset=utf-8", text.encode())


def refusal(status: int, allow: str = "") -> Answer:
    """Return the page with which a request is refused."""
    page = _PAGE.format(status=status, title=HTTPStatus(status).phrase, text=_REFUSALS[status])
    return Answer(status, "text/html; charset=utf-8", page.encode(), allow)


class PlainHandler(BaseHTTPRequestHandler):
    """Answers requests from two tables: what a path does on GET and HEAD, and on POST."""

    gets: ClassVar[dict[str, Callable[[], Answer]]]
    posts: ClassVar[dict[str, Callable[[Any], Answer]]]
    protocol_version = "HTTP/1.1"
    server_version = "PlainPeer/1"

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer(self._ask(self.gets, lambda ask: ask()))

    def do_HEAD(self) -> None:
        """Answer as to a GET, which is done all the same, without the body."""
        self._answer(self._ask(self.gets, lambda ask: ask()), with_body=False)

    def do_POST(self) -> None:
        """Answer a POST."""
        self._answer(self._ask(self.posts, self._with_values))

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log."""

    def _ask(self, table: dict[str, Any], ask: Callable[[Any], Answer]) -> Answer:
        path = urlsplit(self.path).path
        if path in table:
            try:
                return ask(table[path])
            except Exception:  # whatever it was: these nodes tell no more
                return refusal(500)
        if path in self.gets:
            return refusal(405, "GET, HEAD, OPTIONS")
        return refusal(405, "OPTIONS, POST") if path in self.posts else refusal(404)

    def _with_values(self, ask: Callable[[Any], Answer]) -> Answer:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get_content_type() != "application/json":
            return refusal(415)
        try:
            values = json.loads(body)
        except ValueError:
            return refusal(400)
        return ask(values)

    def _answer(self, answer: Answer, *, with_body: bool = True) -> None:
        self.send_response(answer.status, HTTPStatus(answer.status).phrase.upper())
        self.send_header("Content-Type", answer.kind)
        if answer.allow:
            self.send_header("Allow", answer.allow)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if with_body:
            with contextlib.suppress(ConnectionError):  # who asked has gone
                self.wfile.write(answer.body)
