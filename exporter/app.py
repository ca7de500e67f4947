"""What the exporter serves: each answer from what is known already, none waits for a node."""

from __future__ import annotations

from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from exporter.exposition import Exposition
from exporter.observed import Observed, ObservedPeers


def create_app(
    seen: Observed, exposition: Exposition, peers: ObservedPeers | None = None
) -> Starlette:
    """Return the ASGI application."""

    async def metrics(request: Request) -> Response:
        text, content_type = exposition.text(request.headers.get("accept", ""))
        return Response(text, headers={"content-type": content_type})

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        trouble = _trouble(seen)
        return PlainTextResponse(f"{trouble or 'ok'}\n", 503 if trouble else 200)

    async def landing(_: Request) -> Response:
        return HTMLResponse(_page(seen, peers))

    return Starlette(
        routes=[
            Route("/", landing),
            Route("/metrics", metrics),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
        ]
    )


def _trouble(seen: Observed) -> str:
    if not any(node.up for node in seen.nodes):
        return "no node answers"
    if seen.follower.head is None:
        return "no chain is followed yet"
    return ""


def _page(seen: Observed, peers: ObservedPeers | None) -> str:
    head = seen.follower.head
    nodes = "".join(
        # A node's address may hold a password, so its name stands in for it.
        _row(node.name, node.verdict.value, node.detail.replace(node.url, node.name))
        for node in seen.nodes
    )
    producers = "".join(
        _row(view.witness, view.producer.name, view.producer.signing_key) for view in seen.producers
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Understudy exporter</title>
<style>
:root {{ color-scheme: light dark; font-family: system-ui, sans-serif; }}
body {{ margin: 2rem; }}
td, th {{ padding: 0.2rem 1rem 0.2rem 0; text-align: left; vertical-align: top; }}
td:last-child {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>Understudy exporter</h1>
<p><a href="metrics">Metrics</a></p>
<p>Chain {escape(seen.settings.chain_id)}, {f"block {head.number}" if head else "no block yet"}.</p>
<h2>Nodes</h2>
<table>
<tr><th>Node</th><th>State</th><th>Detail</th></tr>
{nodes}</table>
<h2>Producers</h2>
<table>
<tr><th>Witness</th><th>Producer</th><th>Signing key</th></tr>
{producers}</table>
{_of_peers(peers) if peers else ""}</body>
</html>
"""


def _of_peers(peers: ObservedPeers) -> str:
    rows = "".join(
        _row(
            view.name,
            view.verdict.value,
            "" if view.length is None else str(view.length),
            view.tip or "",
            view.detail,
        )
        for view in peers.views
    )
    return f"""<h2>Peers</h2>
<table>
<tr><th>Peer</th><th>State</th><th>Blocks</th><th>Newest block</th><th>Detail</th></tr>
{rows}</table>
"""


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>\n"
