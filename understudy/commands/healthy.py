"""`understudy healthy`: whether a service answers, for the health checks of containers."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ssl import CERT_NONE, SSLContext, create_default_context
from typing import Annotated

import typer
from pydantic_core import PydanticCustomError

from understudy.config.values import parted_url
from understudy.errors import CommandError

_SECONDS = 5
_WELL = 200
DEFAULT_URL = "http://127.0.0.1:9877/healthz"
"""The exporter's, where it listens by default."""


def healthy(
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            envvar="UNDERSTUDY_HEALTH_URL",
            help="The address of /healthz, or of /readyz.",
        ),
    ] = DEFAULT_URL,
) -> None:
    """Ask a service whether it is alive: exit status 0 if it says so, else 1.

    For health checks that have no curl. No certificate is verified, since nothing is said.
    """
    try:
        parts = parted_url(url, ("http", "https"))
    except (ValueError, PydanticCustomError) as error:
        raise typer.BadParameter(f"URL must be such as {DEFAULT_URL}, without a user") from error
    assert parts.hostname
    try:
        status = _asked(parts.hostname, parts.port, parts.path or "/", parts.scheme == "https")
    except (OSError, HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        text = f"{url} gives no answer: {why}; start the service, or name its own address"
        raise CommandError(f"{text}.") from error
    if status != _WELL:
        raise CommandError(f"{url} answers with status {status}; the service's log says why.")


def _asked(host: str, port: int | None, path: str, tls: bool) -> int:
    """Return the status of an answer."""
    connection = (
        HTTPSConnection(host, port, timeout=_SECONDS, context=_trusting_anybody())
        if tls
        else HTTPConnection(host, port, timeout=_SECONDS)
    )
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def _trusting_anybody() -> SSLContext:
    context = create_default_context()
    context.check_hostname = False
    context.verify_mode = CERT_NONE
    return context
