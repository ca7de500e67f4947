"""Who is let in, and over what: looked at before anything is served."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from exporter.errors import ExporterError
from exporter.settings import ExporterSettings
from exporter.users import Answer, Users
from serving.own_certificate import examine_own
from serving.tls import TlsError

Handler = Callable[[Request], Awaitable[Response]]

IN_THE_CLEAR = (
    "passwords would pass over the network in the clear; give the exporter tls, or let it listen "
    "to 127.0.0.1 behind a proxy that speaks TLS"
)
_CHALLENGE = {"www-authenticate": 'Basic realm="understudy exporter", charset="UTF-8"'}


def users_of(settings: ExporterSettings) -> Users | None:
    """Return those who may read the metrics, None where everybody may.

    Raises:
        ExporterError: the file of users can't be used, or the certificate.
    """
    if settings.tls:
        try:
            examine_own(settings.tls)
        except TlsError as error:
            raise ExporterError(str(error)) from error
    return Users.load(settings.users_file) if settings.users_file else None


def guarded(handler: Handler, users: Users | None) -> Handler:
    """Return a handler that answers users only, all callers where there are none."""
    if users is None:
        return handler

    async def guard(request: Request) -> Response:
        address = request.client.host if request.client else ""
        match await users.ask(request.headers.get("authorization", ""), address):
            case Answer.WELCOME:
                return await handler(request)
            case Answer.TOO_MANY:
                text = "Too many passwords are tried; try again later.\n"
                return PlainTextResponse(text, 429, {"retry-after": "5"})
            case Answer.WRONG:
                text = "This needs a user and password of the exporter's users_file.\n"
                return PlainTextResponse(text, 401, _CHALLENGE)

    return guard
