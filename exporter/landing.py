"""The page at `/`: what this is, what it follows, and where the metrics are. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from exporter.observed import Observed, ObservedPeers


def page(seen: Observed, peers: ObservedPeers | None, version: str) -> str:
    """Return the page as HTML; it needs nothing else, and nothing on it is taken as markup."""
    head = seen.follower.head
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Understudy exporter</title>
<style>
:root {{ color-scheme: light dark; font-family: system-ui, sans-serif; }}
body {{ margin: 1rem; }}
td, th {{ padding: 0.2rem 1rem 0.2rem 0; text-align: left; vertical-align: top; }}
p, td:last-child {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>Understudy exporter</h1>
<p>Version {escape(version)}. What BitShares nodes and peers say, as Prometheus metrics:
<a href="metrics">/metrics</a>.
Whether it <a href="healthz">runs</a>, and whether it <a href="readyz">follows a chain</a>.</p>
<p>Chain {escape(seen.settings.chain_id)}, {f"block {head.number}" if head else "no block yet"}.</p>
{_table("Nodes", ("Node", "State", "Detail"), _nodes(seen))}
{_table("Witnesses", ("Witness", "State", "Price feeds"), _witnesses(seen))}
{_table("Producers", ("Witness", "Producer", "Endpoint", "Signing key"), _producers(seen))}
{_of_peers(peers) if peers else ""}</body>
</html>
"""


def _nodes(seen: Observed) -> Iterable[tuple[str, ...]]:
    for node in seen.nodes:
        # A node's address may hold a password, so its name stands in for it.
        yield node.name, node.verdict.value, node.detail.replace(node.url, node.name)


def _witnesses(seen: Observed) -> Iterable[tuple[str, ...]]:
    head = seen.follower.head
    active = frozenset(head.active if head else ())
    for witness in seen.settings.witnesses:
        ids = seen.witness_ids(witness.account)
        if ids is None or head is None:
            state = "not known yet"
        else:
            state = "active" if ids.witness_id in active else "not active"
        yield witness.account, state, ", ".join(witness.feeds) or "none"


def _producers(seen: Observed) -> Iterable[tuple[str, ...]]:
    for view in seen.producers:
        own = "none" if view.node is None else view.node.verdict.value
        yield view.witness, view.producer.name, own, view.producer.signing_key


def _of_peers(peers: ObservedPeers) -> str:
    rows = (
        (
            view.name,
            view.verdict.value,
            "" if view.length is None else str(view.length),
            view.tip or "",
            view.detail,
        )
        for view in peers.views
    )
    return _table("Peers", ("Peer", "State", "Blocks", "Newest block", "Detail"), rows)


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows
    )
    return f"<h2>{escape(title)}</h2>\n<table>\n<tr>{head}</tr>\n{body}</table>\n"
