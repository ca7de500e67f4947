"""A request's body, read as far as it is allowed to go, however it is sent."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.status import HTTP_408_REQUEST_TIMEOUT, HTTP_413_CONTENT_TOO_LARGE

SECONDS = 10.0
_LENGTH_DIGITS = 20


class BodyError(Exception):
    """A body that is not taken: the HTTP `status`, a short stable word, and a sentence.

    What is left of the body is not read, so that the connection can't be used again.
    """

    def __init__(self, status: int, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.kind = kind


async def read_body(request: Request, most: int, seconds: float = SECONDS) -> bytes:
    """Return a request's body.

    Raises:
        BodyError: it has more than `most` bytes ("too_large"), or takes too long ("too_slow").
    """
    too_large = BodyError(
        HTTP_413_CONTENT_TOO_LARGE, "too_large", f"The body is over {most} bytes."
    )
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:_LENGTH_DIGITS]) > most:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise too_large
    except TimeoutError as error:
        sentence = f"The body did not arrive within {seconds:.0f} s."
        raise BodyError(HTTP_408_REQUEST_TIMEOUT, "too_slow", sentence) from error
    return bytes(body)
