"""Whether a form was sent from a page of ours. Pure but for the request that it reads."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from fastapi import Request

from switcher.sessions import Session

_ELSEWHERE = "This was not sent from the status page itself; open the page, and do it there."
_OLD = "This form is of another session; go back to the page, load it anew, and try again."


def sent_from_elsewhere(request: Request) -> str | None:
    """Return why a post is not taken: no page of this origin sent it; else None.

    Browsers say where a request comes from, which no page can have them say otherwise. Behind a
    proxy the origin may be known here by another name, so that it is asked for only where a browser
    doesn't say how it compares.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return None if site == "same-origin" else _ELSEWHERE
    origin = urlsplit(request.headers.get("origin", ""))
    same = bool(origin.netloc) and origin.netloc == request.headers.get("host")
    return None if same else _ELSEWHERE


def of_another_session(session: Session, form_token: str) -> str | None:
    """Return why a form is not taken: it was made for another session; else None."""
    shown, expected = form_token.encode("utf-8", "replace"), session.form_token.encode()
    return None if hmac.compare_digest(shown, expected) else _OLD
