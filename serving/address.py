"""Addresses, as they are written."""

from __future__ import annotations


def url_of(host: str, port: int, scheme: str = "http") -> str:
    """Return the URL of a host's port; an address of IPv6 stands in brackets."""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
