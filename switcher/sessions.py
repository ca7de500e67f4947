"""Who is signed in on the status page: a cookie that stands for a token, and is no token itself.

The cookie says which token (by its digest), since when, and bears a seal that only this switcher's
secret makes. So nothing is kept here, a restart signs nobody out, and a cookie ends with its token.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from switcher.auth import Bearer, Scope, Tokens, digest_of

SECONDS = 30 * 86_400
"""How long a cookie is good for."""

_FUTURE = 3_600
"""Seconds by which a clock may have been set back since."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in; `form_token` is what his forms must bring back."""

    bearer: Bearer
    form_token: str

    @property
    def may_operate(self) -> bool:
        """Whether he may give orders."""
        return self.bearer.may(Scope.OPERATE)


class Sessions:
    """Makes and checks cookies. `key` is 32 bytes that nobody else has."""

    def __init__(self, key: bytes, tokens: Tokens) -> None:
        self._key = key
        self._tokens = tokens

    def begin(self, token: str, now: float) -> str | None:
        """Return the cookie's value for a token, None for an unknown one."""
        if self._tokens.bearer(token) is None:
            return None
        told = f"{digest_of(token)}.{int(now)}.{secrets.token_hex(8)}"
        return f"{told}.{self._seal('session', told)}"

    def find(self, cookie: str, now: float) -> Session | None:
        """Return whose session a cookie is; None: it is none, too old, or its token is gone."""
        told, _, seal = cookie.rpartition(".")
        if not cookie.isascii() or not hmac.compare_digest(seal, self._seal("session", told)):
            return None
        digest, since, _ = told.split(".")
        if not -_FUTURE <= now - int(since) <= SECONDS:
            return None
        bearer = self._tokens.by_digest(digest)
        return Session(bearer, self._seal("form", cookie)) if bearer else None

    def _seal(self, purpose: str, text: str) -> str:
        sealed = f"{purpose} {text}".encode("utf-8", "surrogateescape")
        return hmac.digest(self._key, sealed, "sha256").hex()
