"""Answers as people write them, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from chains.settings import NodeSettings, ProducerSettings
from understudy.config import values
from understudy.config.places import same_address
from understudy.config.single import read_value


def host_of(
    text: str,
    ring: Sequence[ProducerSettings],
    prefix: str,
    in_force: str | None,
    voters: Sequence[NodeSettings],
) -> ProducerSettings:
    """Return a host of "NAME=KEY@URL"; without a key it is that in force.

    Raises:
        ValueError: something about it is wrong.
    """
    name, _, rest = text.partition("=")
    key, _, url = rest.partition("@")
    if not key and in_force is None:
        raise ValueError("has no key; give NAME=KEY, with the key that understudy keygen made")
    name = read_value(values.Name, name)
    key = read_value(values.SigningKey, key or in_force or "", prefix)
    node = read_value(values.NodeUrl, url) if url else None
    if any(each.name == name for each in ring):
        raise ValueError(f"the name {name} is taken already")
    if any(each.signing_key == key for each in ring):
        raise ValueError("that key is another host's; hosts that share a key sign twice")
    if node and any(same_address(node) == same_address(each.url) for each in voters):
        raise ValueError("that node votes, and a host that may be accused has no vote")
    if node and any(each.node and same_address(node) == same_address(each.node) for each in ring):
        raise ValueError("that node is another host's; each has its own")
    return ProducerSettings(name, key, node)


def address_of(text: str) -> str | None:
    """Return the address of a program, None for a dash.

    Raises:
        ValueError: it is none.
    """
    if text == "-":
        return None
    (url,) = read_value(values.MonitoringUrls, text)
    return str(url)


def named(text: str, begins: str) -> tuple[str, str]:
    """Return the name, which may be missing, and the rest of "NAME=REST"."""
    name, equals, rest = text.partition("=")
    return ("", text) if not equals or begins in name else (name, rest)


def name_for(url: str, taken: Sequence[str]) -> str:
    """Return a name for a node that has none: its host's first part, or a number."""
    host = urlsplit(url).hostname or ""
    first = host.partition(".")[0]
    if first[:1].isalpha() and first.isascii() and first not in taken:
        return str(read_value(values.Name, first))
    numbers = (f"node{number}" for number in range(1, len(taken) + 2))
    return next(name for name in numbers if name not in taken)
