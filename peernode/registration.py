"""The addresses of nodes that a caller names. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from chains.errors import AddressRefusedError
from chains.peer.addresses import Guard
from peernode.errors import RefusedError


def parse_nodes(values: Mapping[str, Any], guard: Guard) -> list[str]:
    """Return the URLs (scheme, host and port only) of all nodes that a request names.

    As with existing nodes whatever follows the host is dropped, and what has no scheme is http.

    Raises:
        RefusedError: there is no list of them, or one may not be called; then none is taken.
    """
    nodes = values.get("nodes")
    if not isinstance(nodes, list):
        raise RefusedError(400, "Please supply a valid list of nodes.")
    return [_url(node, guard) for node in nodes]


def place_of(url: str) -> str:
    """Return a node's host and port, by which existing nodes tell it from others."""
    return urlsplit(url).netloc


def _url(node: Any, guard: Guard) -> str:
    if not isinstance(node, str):
        raise RefusedError(400, "A node's address is a text, as in http://192.0.2.5:5000.")
    if any(letter.isspace() or not letter.isprintable() for letter in node):
        raise RefusedError(400, f"{node!a:.100} is no address.")
    try:
        parts = urlsplit(node if "://" in node else f"http://{node}")
        return str(guard.url(f"{parts.scheme}://{parts.netloc}").origin())
    except ValueError as error:
        raise RefusedError(400, f"{node!a:.100} is no address.") from error
    except AddressRefusedError as error:
        raise RefusedError(400, f"{error}.") from error
