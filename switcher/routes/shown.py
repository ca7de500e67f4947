"""What needs no token on this machine, and one of scope `read` where others may ask."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
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

_DOCS = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}: API</title></head>
<body><h1>{title}: API</h1>
<p>For programs: <a href="openapi.json">openapi.json</a>. Most of it needs a token, as
<code>Authorization: Bearer TOKEN</code>.</p>
{told}
<h2>Shapes</h2>{shapes}</body></html>
"""
_PARTS = ("parameters", "requestBody", "responses")


def _without_scripts(response: Response) -> None:
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"


router = APIRouter(dependencies=[Depends(allowed_to_look), Depends(_without_scripts)])


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


@router.get("/docs", include_in_schema=False, response_class=HTMLResponse)
async def docs(request: Request) -> str:
    """Return the description of the API for people, without anybody else's scripts.

    The framework's own page has them from elsewhere, and wants a token to be typed in beside them.
    """
    described = request.app.openapi()
    told = "".join(
        _told(f"{method.upper()} {path}", operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    )
    shapes = _as_json(described["components"]["schemas"])
    return _DOCS.format(title=escape(described["info"]["title"]), told=told, shapes=shapes)


def _told(name: str, operation: dict[str, Any]) -> str:
    what = escape(operation.get("description", ""))
    parts = {key: operation[key] for key in _PARTS if key in operation}
    return f"<h2><code>{escape(name)}</code></h2><p>{what}</p>{_as_json(parts)}"


def _as_json(shape: Any) -> str:
    text = escape(json.dumps(shape, indent=1))
    return f"<details><summary>JSON Schema</summary><pre>{text}</pre></details>"
