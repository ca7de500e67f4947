"""Who may see the status page, and who may give orders on it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Request, status

from switcher.access import Credentials, Running, SignedIn, allowed_to_read
from switcher.sessions import Session

_NO_SCOPE = "This needs a token of scope operate: sign in with one."


class SignInError(Exception):
    """A page needs somebody to be signed in; the text, which may be empty, is for him."""

    def __init__(self, status: int, sentence: str, session: Session | None) -> None:
        super().__init__(sentence)
        self.status = status
        self.session = session


async def reader(
    request: Request, switcher: Running, credentials: Credentials, session: SignedIn
) -> None:
    """Let whoever may read pass.

    Raises:
        SignInError: he may not.
    """
    try:
        await allowed_to_read(request, switcher, credentials, session)
    except HTTPException as refused:
        told = str(refused.detail) if credentials or session else ""
        raise SignInError(refused.status_code, told, session) from refused


async def operator(session: SignedIn) -> Session:
    """Return the session of somebody who may give orders.

    Raises:
        SignInError: he may not.
    """
    if session is None or not session.may_operate:
        code = status.HTTP_403_FORBIDDEN if session else status.HTTP_401_UNAUTHORIZED
        raise SignInError(code, _NO_SCOPE, session)
    return session


Operating = Annotated[Session, Depends(operator)]
