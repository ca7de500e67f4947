"""What handlers depend on: the running switcher, and who calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from chains.bitshares.keys import looks_private
from serving.exposure import is_loopback
from switcher.auth import Bearer, Scope
from switcher.running import Switcher

_NO_BEARER = "A bearer token is needed; `understudy token new` makes one."
_bearer = HTTPBearer(auto_error=False, description="A token from `understudy token new`.")


async def running_switcher(request: Request) -> Switcher:
    """Return the switcher that this application serves."""
    return cast("Switcher", request.app.state.switcher)


Running = Annotated[Switcher, Depends(running_switcher)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def requires(scope: Scope) -> Callable[..., Awaitable[Bearer]]:
    """Return a dependency that lets only tokens of a scope pass, and names their bearer."""

    async def check(switcher: Running, credentials: Credentials) -> Bearer:
        token = credentials.credentials if credentials else ""
        bearer = switcher.tokens.bearer(token)
        if bearer is not None and bearer.may(scope):
            return bearer
        if scope is Scope.ALERTS:
            switcher.metrics.alert("forbidden" if bearer else "unauthorised")
        if bearer is not None:
            sentence = f"This needs the scope {scope}, the token has {bearer.scope}."
            raise HTTPException(status.HTTP_403_FORBIDDEN, sentence)
        sentence = "This token is not known." if token else _NO_BEARER
        challenge = {"WWW-Authenticate": "Bearer"}
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, sentence, challenge)

    return check


_reads = requires(Scope.READ)


async def allowed_to_look(request: Request, switcher: Running, credentials: Credentials) -> None:
    """Let everybody pass where only this machine can ask, else tokens of scope `read`.

    Who asks under another name was led here: a browser, by a page whose name was made to mean this
    machine, or somebody behind a proxy that nobody declared.
    """
    if switcher.settings.exposed or not is_loopback(_asked_for(request)):
        await _reads(switcher, credentials)


def _asked_for(request: Request) -> str:
    """Return the host by whose name this one was asked; only old programs tell none."""
    name = request.headers.get("host", "localhost")
    return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]


def refuse_secrets(switcher: Running, *texts: str | None) -> None:
    """Refuse an order that would put a secret into journal and log, without repeating it.

    Raises:
        HTTPException: it would.
    """
    for text in texts:
        if text and (looks_private(text) or switcher.tokens.stands_in(text)):
            sentence = (
                "The order holds a private key or a token, which would stand in the journal; "
                "replace that key or token if others may have seen it."
            )
            raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, sentence)
