"""Where people's messages arrive: HTTP as Telegram, Slack and others take it, and SMTP."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
from dataclasses import dataclass
from typing import Any

DEADLINE = 20.0
_SENT = {"ok": True, "result": {"message_id": 1, "date": 0, "chat": {"id": -1, "type": "group"}}}
"""What Telegram answers; the others only look at the status."""


@dataclass(frozen=True)
class Message:
    """A message: the kind of its receiver, and its body (JSON), or that of an e-mail as text."""

    kind: str
    body: Any
    subject: str = ""


class Inbox:
    """Takes every message and keeps it until it is asked for."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[Message] = asyncio.Queue()

    async def next(self, count: int) -> dict[str, Message]:
        """Return the next messages by their kinds."""
        async with asyncio.timeout(DEADLINE):
            found = [await self._messages.get() for _ in range(count)]
        return {message.kind: message for message in found}

    @property
    def empty(self) -> bool:
        """Tell whether nothing has come that was not asked for."""
        return self._messages.empty()

    async def http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ", 2)[1]
        lines = [line.partition(":") for line in head.split("\r\n")[1:]]
        headers = {name.lower(): value.strip() for name, _, value in lines}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        answer = json.dumps(_SENT).encode()
        writer.write(
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(answer)}\r\nConnection: close\r\n\r\n".encode()
            + answer
        )
        await writer.drain()
        writer.close()
        kind = "telegram" if path.endswith("/sendMessage") else path.strip("/")
        self._messages.put_nowait(Message(kind, body))

    async def smtp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).strip().upper():
            if line == b"QUIT":
                break
            if line == b"DATA":
                writer.write(b"354 go on\r\n")
                raw = await reader.readuntil(b"\r\n.\r\n")
                self._take_mail(raw.removesuffix(b".\r\n"))
            writer.write(b"250 fine\r\n")
            await writer.drain()
        writer.write(b"221 bye\r\n")
        await writer.drain()
        writer.close()

    def _take_mail(self, raw: bytes) -> None:
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        text = mail.get_body(("plain",))
        assert text
        self._messages.put_nowait(Message("email", text.get_content(), mail["subject"]))
