"""What needs no token on this machine, and one of scope `read` where others may ask."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from prometheus_client import CONTENT_TYPE_LATEST

from switcher.access import Running, allowed_to_look

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Understudy switcher</title></head>
<body><h1>Understudy switcher</h1>
<p>Rotates a witness' signing key to a backup when its producing host fails.</p>
<ul>
<li><a href="readyz">Dependencies</a></li>
<li><a href="metrics">Metrics</a></li>
<li><a href="docs">The API</a>; state and journal need a token</li>
</ul></body></html>
"""

router = APIRouter(dependencies=[Depends(allowed_to_look)])


@router.get("/metrics")
async def metrics(switcher: Running) -> Response:
    """Return the metrics for Prometheus."""
    return Response(switcher.metrics.expose(), media_type=CONTENT_TYPE_LATEST)


@router.get("/", response_class=HTMLResponse)
async def page() -> str:
    """Return a page that names the service and links to what there is."""
    return _PAGE


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Any:
    """Return the description of the API."""
    return request.app.openapi()


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Return the description of the API for people."""
    return get_swagger_ui_html(openapi_url="openapi.json", title=request.app.title)
