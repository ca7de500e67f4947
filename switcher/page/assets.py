"""The files that browsers load, each under an address that changes with its content."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

_TYPES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "htmx-2.0.11.min.js": "text/javascript; charset=utf-8",
    "htmx-ext-sse-2.2.4.min.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, plain and compressed; `url` is relative to the page, `digest` its SHA-256."""

    url: str
    digest: str
    media_type: str
    body: bytes
    compressed: bytes


def _asset(name: str, media_type: str) -> Asset:
    body = files("switcher.page").joinpath("static", name).read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    url = f"static/{digest[:_DIGITS]}/{name}"
    return Asset(url, digest, media_type, body, gzip.compress(body, mtime=0))


ASSETS: Mapping[str, Asset] = MappingProxyType(
    {name: _asset(name, media_type) for name, media_type in _TYPES.items()}
)
"""All of them by name."""
