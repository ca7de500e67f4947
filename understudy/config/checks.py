"""Rules that hold between places of the file; they work on a file with other mistakes in it too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from chains.bitshares.keys import looks_private
from serving.exposure import is_loopback
from switcher.settings import IN_THE_CLEAR
from understudy.config.mistakes import Mistake, Place, written
from understudy.config.values import address

_USUAL_PORTS = {"ws": 80, "wss": 443, "http": 80, "https": 443}


def check(data: Any) -> Iterator[Mistake]:
    """Yield what no single value shows to be wrong."""
    yield from _secrets(data)
    nodes = ("bitshares", "nodes", "*")
    yield from _repeated(data, (*nodes, "name"), "the name of")
    yield from _repeated(data, (*nodes, "url"), "the URL of", "one node, one vote", _address)
    witnesses = ("bitshares", "witnesses", "*")
    yield from _repeated(data, (*witnesses, "account"), "the account of")
    keys = (*witnesses, "producers", "*", "signing_key")
    yield from _repeated(data, keys, "the key of", "hosts that share a key sign twice")
    for place, _ in _found(data, witnesses):
        ring = (*place, "producers", "*")
        yield from _repeated(data, (*ring, "name"), "the name of")
        yield from _repeated(
            data, (*ring, "node"), "the node of", "each host has its own", _address
        )
        yield from _repeated(data, (*place, "feeds", "*"), "in the list as")
    yield from _voters(data, (*nodes, "url"), (*witnesses, "producers", "*", "node"))
    yield from _repeated(data, ("peers", "nodes", "*", "name"), "the name of")
    yield from _repeated(data, ("peers", "nodes", "*", "url"), "the URL of", same=_address)
    yield from _listeners(data)
    yield from _switcher(data)
    yield from _monitoring(data)


def secret_places(data: Any) -> set[Place]:
    """Return where private keys stand in the file, so that no other message repeats them."""
    return {mistake.place for mistake in _secrets(data)}


def _secrets(data: Any, place: Place = ()) -> Iterator[Mistake]:
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            inner = (*place, key)
            yield from _secrets(key, inner) if isinstance(key, str) else ()
            yield from _secrets(value, inner)
    elif isinstance(data, str) and looks_private(data):
        yield Mistake(
            "looks like a private key; secrets never stand in this file: put it into a file that "
            "only you can read, and name that file in switcher.signer.key_file",
            place,
        )


def _found(data: Any, pattern: Place, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield the places and values that a pattern finds; "*" stands for every item of a list."""
    if not pattern:
        yield place, data
    elif pattern[0] == "*":
        for position, item in enumerate(data if isinstance(data, list) else ()):
            yield from _found(item, pattern[1:], (*place, position))
    elif (isinstance(data, dict) and pattern[0] in data) or isinstance(pattern[0], int):
        yield from _found(data[pattern[0]], pattern[1:], (*place, pattern[0]))


def _repeated(
    data: Any,
    pattern: Place,
    what: str,
    why: str = "",
    same: Callable[[str], str] = str,
) -> Iterator[Mistake]:
    """Yield what is there twice; values are the same where `same` makes them equal."""
    first: dict[str, Place] = {}
    for place, value in _found(data, pattern):
        if not isinstance(value, str):
            continue
        if same(value) in first:
            earlier = first[same(value)]
            holder = earlier if isinstance(place[-1], int) else earlier[:-1]
            yield Mistake(
                "; ".join(part for part in (f"is already {what} {written(holder)}", why) if part),
                place,
            )
        else:
            first[same(value)] = place


def _voters(data: Any, nodes: Place, hosts: Place) -> Iterator[Mistake]:
    of_hosts = {_address(url): place for place, url in _found(data, hosts) if isinstance(url, str)}
    for place, url in _found(data, nodes):
        if isinstance(url, str) and (host := of_hosts.get(_address(url))):
            text = f"is {written(host)}; a host that may be accused has no vote: name another node"
            yield Mistake(text, place)


def _address(url: str) -> str:
    """Return a URL without what makes no difference: case, the usual port, a slash at the end."""
    try:
        parts = urlsplit(url)
        port = parts.port or _USUAL_PORTS.get(parts.scheme.lower())
    except ValueError:
        return url
    host = (parts.hostname or "").lower()
    return f"{parts.scheme.lower()}://{host}:{port}{parts.path.rstrip('/')}?{parts.query}"


def _listeners(data: Any) -> Iterator[Mistake]:
    first: dict[str, Place] = {}
    for section in ("exporter", "switcher", "peers"):
        for place, value in _found(data, (section, "listen")):
            if isinstance(value, str) and value in first:
                text = f"is already the address of {written(first[value])}; each needs its own port"
                yield Mistake(text, place)
            elif isinstance(value, str):
                first[value] = place


def _switcher(data: Any) -> Iterator[Mistake]:
    if not isinstance(data, dict) or "switcher" not in data:
        return
    chain = data.get("bitshares")
    if isinstance(chain, dict) and chain.get("witnesses", []) == []:
        text = "must name a witness, since a switcher is configured"
        yield Mistake(text, ("bitshares", "witnesses"))
    for place, signer in _found(data, ("switcher", "signer")):
        if isinstance(signer, dict) and len({"key_file", "wallet"} & signer.keys()) != 1:
            yield Mistake("must have either key_file or wallet", place)
    for place, _ in _found(data, ("switcher", "database_password_file")):
        if str(data["switcher"].get("database")).startswith("sqlite"):
            yield Mistake("is of no use with SQLite, which asks for no password", place)
    yield from _exposure(data["switcher"])


def _exposure(switcher: Any) -> Iterator[Mistake]:
    if not isinstance(switcher, dict) or "tls" in switcher or switcher.get("behind_proxy") is True:
        return
    try:
        host, _ = address(switcher.get("listen"))
    except ValueError:
        return  # told as no address, or the default one
    if not is_loopback(host):
        yield Mistake(IN_THE_CLEAR, ("switcher", "listen"))


def _monitoring(data: Any) -> Iterator[Mistake]:
    for name in ("prometheus", "alertmanager"):
        yield from _repeated(data, ("monitoring", name, "*"), "in the list as", same=_address)
    for place, section in _found(data, ("monitoring",)):
        for name in ("prometheus", "alertmanager"):
            token_file = f"{name}_token_file"
            if isinstance(section, dict) and token_file in section and name not in section:
                yield Mistake(f"is of no use without monitoring.{name}", (*place, token_file))
