"""As little of HTTP as it takes to serve ready bytes at a line's pace."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from bench.peers.link import Link, Parts


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; `close` ends the connection."""

    parts: Parts
    status: str = "200 OK"
    headers: Mapping[str, str] = field(default_factory=dict)
    close: bool = False

    def all_parts(self, method: str) -> Parts:
        """Return the bytes to be sent."""
        headers = {
            "Content-Type": "application/json",
            **self.headers,
            "Content-Length": str(sum(len(part) for part in self.parts)),
            "Connection": "close" if self.close else "keep-alive",
        }
        text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {self.status}\r\n{text}\r\n".encode()
        return [head] if method == "HEAD" else [head, *self.parts]


class Behaviour(Protocol):
    """How a peer meets those who ask it."""

    async def serve(self, question: Question, writer: asyncio.StreamWriter, link: Link) -> bool:
        """Answer a question; tell whether the connection stays open."""


async def converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behaviour: Behaviour, link: Link
) -> None:
    """Answer all questions of one connection."""
    try:
        await link.opened()
        while True:
            asked = await reader.readuntil(b"\r\n\r\n")
            link.carried += len(asked)
            if not await behaviour.serve(_parsed(asked), writer, link):
                break
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # who asks may go whenever he likes
    finally:
        writer.close()


def _parsed(asked: bytes) -> Question:
    first, *rest = asked.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    parts = urlsplit(target)
    headers = dict(line.split(": ", 1) for line in rest if ": " in line)
    return Question(
        method,
        parts.path,
        dict(parse_qsl(parts.query)),
        {name.lower(): value for name, value in headers.items()},
    )
