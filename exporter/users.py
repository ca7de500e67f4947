"""Who may read the metrics: names with bcrypt hashes, in a file as `htpasswd -B` writes it.

bcrypt is slow on purpose: 70 ms at the usual cost, which every scrape would take anew. So what was
found right is remembered, by a hash keyed with what this process alone knows, and only what is not
remembered is worked out: one at a time, in a thread, and for no more than a quarter of the time,
however many guess. An address that guessed wrong has to wait.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path

import bcrypt

from exporter.errors import ExporterError
from serving.apart import apart
from serving.secret_file import SecretError, read_secret

_LINE = re.compile(r"(?P<name>[^:\s][^:]*):(?P<hash>\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{53})")
_COSTS = range(4, 15)
"""bcrypt's least, and the last that takes about a second."""

_HASHED_BYTES = 72
"""bcrypt looks at no more of a password; longer ones are cut by whoever made the hash as well."""

_LONGEST = 1024
"""Characters of an Authorization header that are looked at."""

_AT_ONCE = 8
"""Passwords that wait to be worked out; further ones are refused."""

_PAUSE = 2.0
"""Seconds from a wrong password of an address to its next one that is worked out."""

_IDLE = 3
"""How much longer than it took to work one out nothing is worked out: three of four parts."""

_ADDRESSES = 1000

TO_MAKE = "make it with: (umask 077; htpasswd -B -c FILE NAME)"


class Answer(Enum):
    """What becomes of a request."""

    WELCOME = "welcome"
    WRONG = "wrong"
    TOO_MANY = "too many"


class Users:
    """The users of a file; `clock` gives seconds that only grow."""

    def __init__(
        self, hashes: Mapping[str, bytes], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._hashes = dict(hashes)
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._right: dict[str, bytes] = {}
        self._wrong: OrderedDict[str, float] = OrderedDict()
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._from = 0.0
        self._nobody = next(iter(self._hashes.values()))

    @classmethod
    def load(cls, path: Path) -> Users:
        """Read a file.

        Raises:
            ExporterError: it can't be read, is open to others, names nobody, or has something else
                than names with bcrypt hashes in it.
        """
        try:
            lines = read_secret(path).splitlines()
        except SecretError as error:
            raise ExporterError(str(error)) from error
        hashes: dict[str, bytes] = {}
        for number, line in enumerate(lines, start=1):
            if not line.strip() or line.startswith("#"):
                continue
            found = _LINE.fullmatch(line.strip())
            if not found or int(found["cost"]) not in _COSTS:
                raise ExporterError(
                    f"{path}, line {number}, is no NAME:HASH with a bcrypt hash of cost "
                    f"{_COSTS[0]} to {_COSTS[-1]}; {TO_MAKE}"
                )
            if found["name"] in hashes:
                raise ExporterError(f"{path}, line {number}, names a user for the second time.")
            hashes[found["name"]] = found["hash"].encode()
        if not hashes:
            raise ExporterError(f"{path} names no user; {TO_MAKE}")
        return cls(hashes)

    def __len__(self) -> int:
        return len(self._hashes)

    async def ask(self, authorization: str, address: str) -> Answer:
        """Tell whether an Authorization header names a user and his password.

        `address` is the caller's. Without any password nothing is worked out.
        """
        name, password = _credentials(authorization)
        if not name:
            return Answer.WRONG
        mark = hmac.digest(self._key, f"{name}\0{password}".encode(), "sha256")
        if hmac.compare_digest(mark, self._right.get(name, b"")):
            return Answer.WELCOME
        if self._has_to_wait(address) or self._waiting >= _AT_ONCE:
            return Answer.TOO_MANY
        self._waiting += 1
        try:
            async with self._turn:
                return await self._in_turn(name, password, mark, address)
        finally:
            self._waiting -= 1

    async def _in_turn(self, name: str, password: str, mark: bytes, address: str) -> Answer:
        if self._has_to_wait(address):  # since one before it in the queue was wrong
            return Answer.TOO_MANY
        if await self._work_out(name, password):
            self._right[name] = mark
            return Answer.WELCOME
        self._note_wrong(address)
        return Answer.WRONG

    def _has_to_wait(self, address: str) -> bool:
        return self._clock() < self._wrong.get(address, 0.0)

    async def _work_out(self, name: str, password: str) -> bool:
        await asyncio.sleep(max(self._from - self._clock(), 0.0))
        began = self._clock()
        # A name that nobody has takes as long as one that somebody has.
        expected = self._hashes.get(name, self._nobody)
        given = password.encode()[:_HASHED_BYTES]
        right = await apart(bcrypt.checkpw, given, expected)
        self._from = self._clock() + _IDLE * (self._clock() - began)
        return bool(right) and name in self._hashes

    def _note_wrong(self, address: str) -> None:
        self._wrong[address] = self._clock() + _PAUSE
        self._wrong.move_to_end(address)
        while len(self._wrong) > _ADDRESSES:
            self._wrong.popitem(last=False)


def _credentials(authorization: str) -> tuple[str, str]:
    """Return the name and password of a Basic header (RFC 7617), empty ones if it has none."""
    scheme, _, token = authorization[:_LONGEST].partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, parted, password = base64.b64decode(token, validate=True).decode().partition(":")
    except ValueError:  # no base64, not even ASCII, or no UTF-8 behind it
        return "", ""
    return (name, password) if parted and "\0" not in password else ("", "")
