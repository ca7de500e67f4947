"""What handlers depend on: the running switcher, and who calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from chains.bitshares.keys import looks_private
from serving.exposure import is_loopback
from switcher.auth import Bearer, Scope
from switcher.feed import Feed
from switcher.running import Switcher
from switcher.sessions import Session

_NO_BEARER = "A bearer token is needed; `understudy token new` makes one."
_bearer = HTTPBearer(auto_error=False, description="A token from `understudy token new`.")


async def running_switcher(request: Request) -> Switcher:
    """Return the switcher that this application serves."""
    return cast("Switcher", request.app.state.switcher)


async def _feed(request: Request) -> Feed:
    return cast("Feed", request.app.state.feed)


Running = Annotated[Switcher, Depends(running_switcher)]
Listening = Annotated[Feed, Depends(_feed)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def cookie_name(switcher: Switcher) -> str:
    """Return the name of the page's cookie, which browsers send to every port of a host."""
    prefix = "__Host-" if over_tls(switcher) else ""
    return f"{prefix}understudy-{switcher.settings.port}"


def over_tls(switcher: Switcher) -> bool:
    """Tell whether browsers speak TLS, here or to the proxy."""
    return switcher.settings.tls is not None or switcher.settings.behind_proxy


async def session_of(request: Request, switcher: Running) -> Session | None:
    """Return who is signed in on the status page in the browser that asks."""
    cookie = request.cookies.get(cookie_name(switcher), "")
    return switcher.sessions.find(cookie, switcher.clock()) if cookie else None


SignedIn = Annotated[Session | None, Depends(session_of)]


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


async def allowed_to_read(
    request: Request, switcher: Running, credentials: Credentials, session: SignedIn
) -> None:
    """Let tokens of scope `read` pass, who is signed in with one, and whom `readers` names.

    The cookie is good for reading only: an order by it needs what the page's forms bring.
    """
    readers = switcher.settings.readers
    if readers == "anyone" or (readers == "loopback" and _asked_from_here(request, switcher)):
        return
    if session is None or not session.bearer.may(Scope.READ):
        await _reads(switcher, credentials)


async def allowed_to_look(
    request: Request, switcher: Running, credentials: Credentials, session: SignedIn
) -> None:
    """Let everybody pass where only this machine can ask, else whoever may read."""
    if not _asked_from_here(request, switcher):
        await allowed_to_read(request, switcher, credentials, session)


async def _is_insider(request: Request, switcher: Running, credentials: Credentials) -> bool:
    """Tell, of somebody who is let in anyway, whether to show them what is for the log.

    `readers` is no matter: it lets others see the status, not where the journal is.
    """
    bearer = switcher.tokens.bearer(credentials.credentials) if credentials else None
    reads = bearer is not None and bearer.may(Scope.READ)
    return reads or _asked_from_here(request, switcher)


Insider = Annotated[bool, Depends(_is_insider)]


def _asked_from_here(request: Request, switcher: Switcher) -> bool:
    """Tell whether only this machine can ask, and is asked by a name of its own.

    Who asks under another name was led here: a browser, by a page whose name was made to mean this
    machine, or somebody behind a proxy that nobody declared.
    """
    return not switcher.settings.exposed and is_loopback(_asked_for(request))


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
