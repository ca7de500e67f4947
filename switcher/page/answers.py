"""How pages are answered: what a browser may do with them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from types import MappingProxyType

from fastapi import Request
from fastapi.responses import HTMLResponse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        # Without any referrer browsers hide from our own forms' posts where they came from, too.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
)


def accepts_gzip(request: Request) -> bool:
    """Tell whether a browser takes compressed answers."""
    return "gzip" in request.headers.get("accept-encoding", "")


def html(text: str, status: int = 200) -> HTMLResponse:
    """Return a page."""
    return HTMLResponse(text, status, HEADERS)


def compressed_html(request: Request, text: str, status: int = 200) -> HTMLResponse:
    """Return a page that repeats nothing of what was sent, compressed where that is wanted.

    The length of a compressed page tells of what is in it, to who can put something beside it.
    """
    if not accepts_gzip(request):
        return html(text, status)
    body = gzip.compress(text.encode(), compresslevel=6)
    encoding = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return HTMLResponse(body, status, {**HEADERS, **encoding})
