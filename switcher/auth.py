"""Bearer tokens: who may post alerts, operate, or read.

A token is 256 random bits, so one SHA-256 hides it as well as a slow hash would. The file has a
line for each, `name scope sha256`, and is refused when others than its owner can write to it, or
when that is neither this user nor root.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from serving.secret_file import reason_of
from switcher.errors import TokenFileError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,62}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43,}")
_HASH = re.compile(r"[0-9a-f]{64}")


class Scope(StrEnum):
    """What a token is good for; `operate` includes `read`, `alerts` only posts alerts."""

    ALERTS = "alerts"
    OPERATE = "operate"
    READ = "read"


_INCLUDED = {
    Scope.ALERTS: frozenset({Scope.ALERTS}),
    Scope.OPERATE: frozenset({Scope.OPERATE, Scope.READ}),
    Scope.READ: frozenset({Scope.READ}),
}


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who presents a token."""

    name: str
    scope: Scope

    def may(self, wanted: Scope) -> bool:
        """Tell whether the token is good for something."""
        return wanted in _INCLUDED[self.scope]


def new_token(scope: Scope, name: str) -> tuple[str, str]:
    """Return a new token, to be shown once, and its line for the token file.

    Raises:
        TokenFileError: the name can't be written into the file.
    """
    if not _NAME.fullmatch(name):
        raise TokenFileError(f"A token's name is letters, digits and -_.@, {name!r} is not.")
    token = secrets.token_urlsafe(32)
    return token, f"{name} {scope} {digest_of(token)}\n"


class Tokens:
    """The tokens of a file."""

    def __init__(self, bearers: dict[str, Bearer]) -> None:
        self._bearers = bearers

    @classmethod
    def load(cls, path: Path) -> Tokens:
        """Read a token file.

        Raises:
            TokenFileError: missing, malformed (with the line), another user's, or writable by
                group or others.
        """
        try:
            with path.open(encoding="ascii") as file:
                state, text = os.fstat(file.fileno()), file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise TokenFileError(
                f"The token file {path} can't be read: {reason_of(error)}."
            ) from error
        if state.st_uid not in (os.geteuid(), 0):
            raise TokenFileError(
                f"The token file {path} belongs to another user (uid {state.st_uid}), who could "
                f"add tokens of their own; do: chown {os.geteuid()} {path}"
            )
        if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise TokenFileError(
                f"The token file {path} can be written by others than its owner, who could add "
                f"tokens of their own; do: chmod go-w {path}"
            )
        return cls(_parse(text, path))

    def __bool__(self) -> bool:
        """Tell whether there is any token."""
        return bool(self._bearers)

    def holds(self, scope: Scope) -> bool:
        """Tell whether there is a token that is good for something."""
        return any(bearer.may(scope) for bearer in self._bearers.values())

    def stands_in(self, text: str) -> bool:
        """Tell whether a text holds one of the tokens."""
        return any(self.bearer(word) for word in _TOKEN.findall(text))

    def bearer(self, token: str) -> Bearer | None:
        """Return who a token belongs to, None for an unknown one; takes equally long for all."""
        return self.by_digest(digest_of(token))

    def by_digest(self, presented: str) -> Bearer | None:
        """Return who the token of a digest belongs to, None for an unknown one."""
        found = None
        for known, bearer in self._bearers.items():
            if hmac.compare_digest(known, presented):
                found = bearer
        return found


def _parse(text: str, path: Path) -> dict[str, Bearer]:
    bearers: dict[str, Bearer] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match line.split():
            case [name, scope, digest] if (
                scope in set(Scope) and _NAME.fullmatch(name) and _HASH.fullmatch(digest)
            ):
                bearers[digest] = Bearer(name, Scope(scope))
            case _:
                raise TokenFileError(
                    f"{path}:{number} is not a token's name, scope and hash as "
                    "`understudy token new` writes them."
                )
    return bearers


def digest_of(token: str) -> str:
    """Return what the file has of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
