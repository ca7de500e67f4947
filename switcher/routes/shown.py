"""What needs no token on this machine, and one of scope `read` where others may ask."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from switcher.access import Running, SignedIn, allowed_to_look
from switcher.page.answers import compressed_html
from switcher.routes.page import Writing
from switcher.routes.refusals import READING

_PARTS = ("parameters", "requestBody", "responses")


router = APIRouter(dependencies=[Depends(allowed_to_look)])


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {CONTENT_TYPE_LATEST: {"schema": {"type": "string"}}}}, **READING},
    openapi_extra={"security": [{}]},  # or none, where only this machine can ask
)
async def metrics(switcher: Running) -> Response:
    """Return the metrics for Prometheus."""
    return Response(switcher.metrics.expose(), media_type=CONTENT_TYPE_LATEST)


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Any:
    """Return the description of the API."""
    return request.app.openapi()


@router.get("/docs", include_in_schema=False)
async def docs(request: Request, writer: Writing, session: SignedIn) -> Response:
    """Return the description of the API for people, without anybody else's scripts.

    The framework's own page has them from elsewhere, and wants a token to be typed in beside them.
    """
    described = request.app.openapi()
    operations = [
        (f"{method.upper()} {path}", operation.get("description", ""), _parts(operation))
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    text = writer.write(
        "docs.html",
        session=session,
        title=described["info"]["title"],
        operations=operations,
        shapes=_as_json(described["components"]["schemas"]),
    )
    return compressed_html(request, text)


def _parts(operation: dict[str, Any]) -> str:
    return _as_json({key: operation[key] for key in _PARTS if key in operation})


def _as_json(shape: Any) -> str:
    return json.dumps(shape, indent=1)
