"""What is read in a running exporter's text. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_HEAD = re.compile(rb"^bitshares_node_head_block\{[^}]*\} (\S+)$", re.MULTILINE)
_CANONICAL = re.compile(rb"^bitshares_node_canonical\{[^}]*\} 1\.0$", re.MULTILINE)
_HOSTS_UP = re.compile(rb"^bitshares_producer_up\{[^}]*\} 1\.0$", re.MULTILINE)
_CALLS = re.compile(
    rb'^bitshares_node_rpc_duration_seconds_count\{node="([^"]*)"\} (\S+)$', re.MULTILINE
)


def newest_block(text: bytes) -> int:
    """Return the greatest head block of any node, 0 where none is told."""
    return int(max((float(number) for number in _HEAD.findall(text)), default=0))


def canonical_nodes(text: bytes) -> int:
    """Return how many nodes are at the canonical head."""
    return len(_CANONICAL.findall(text))


def hosts_up(text: bytes) -> int:
    """Return how many producers' own endpoints answer."""
    return len(_HOSTS_UP.findall(text))


def calls_by_node(text: bytes) -> Mapping[str, int]:
    """Return the exporter's own count of the calls that each node answered."""
    return {name.decode(): int(float(number)) for name, number in _CALLS.findall(text)}
