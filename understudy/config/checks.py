"""Rules that hold between places of the file; they work on a file with other mistakes in it too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chains.bitshares.keys import looks_private
from serving.exposure import is_loopback
from switcher.settings import IN_THE_CLEAR
from understudy.config.listeners import check_listeners
from understudy.config.mistakes import Mistake, Place, written
from understudy.config.peer_checks import check_peers
from understudy.config.places import found, repeated, same_address
from understudy.config.values import address


def check(data: Any, folder: Path) -> Iterator[Mistake]:
    """Yield what no single value shows to be wrong; relative paths start at a folder."""
    yield from _secrets(data)
    nodes = ("bitshares", "nodes", "*")
    yield from repeated(data, (*nodes, "name"), "the name of")
    yield from repeated(data, (*nodes, "url"), "the URL of", "one node, one vote", same_address)
    witnesses = ("bitshares", "witnesses", "*")
    yield from repeated(data, (*witnesses, "account"), "the account of")
    keys = (*witnesses, "producers", "*", "signing_key")
    yield from repeated(data, keys, "the key of", "hosts that share a key sign twice")
    for place, witness in found(data, witnesses):
        ring = (*place, "producers", "*")
        yield from repeated(data, (*ring, "name"), "the name of")
        yield from repeated(
            data, (*ring, "node"), "the node of", "each host has its own", same_address
        )
        yield from repeated(data, (*place, "feeds", "*"), "in the list as")
        if isinstance(witness, dict) and "feed_max_age" in witness and not witness.get("feeds"):
            yield Mistake("is of no use without feeds", (*place, "feed_max_age"))
    yield from _voters(data, (*nodes, "url"), (*witnesses, "producers", "*", "node"))
    yield from check_peers(data, folder)
    yield from check_listeners(data)
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


def _voters(data: Any, nodes: Place, hosts: Place) -> Iterator[Mistake]:
    of_hosts = {
        same_address(url): place for place, url in found(data, hosts) if isinstance(url, str)
    }
    for place, url in found(data, nodes):
        if isinstance(url, str) and (host := of_hosts.get(same_address(url))):
            text = f"is {written(host)}; a host that may be accused has no vote: name another node"
            yield Mistake(text, place)


def _switcher(data: Any) -> Iterator[Mistake]:
    if not isinstance(data, dict) or "switcher" not in data:
        return
    chain = data.get("bitshares")
    if isinstance(chain, dict) and chain.get("witnesses", []) == []:
        text = "must name a witness, since a switcher is configured"
        yield Mistake(text, ("bitshares", "witnesses"))
    for place, signer in found(data, ("switcher", "signer")):
        if isinstance(signer, dict) and len({"key_file", "wallet"} & signer.keys()) != 1:
            yield Mistake("must have either key_file or wallet", place)
    for place, _ in found(data, ("switcher", "database_password_file")):
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
        yield from repeated(data, ("monitoring", name, "*"), "in the list as", same=same_address)
    for place, section in found(data, ("monitoring",)):
        for name in ("prometheus", "alertmanager"):
            token_file = f"{name}_token_file"
            if isinstance(section, dict) and token_file in section and name not in section:
                yield Mistake(f"is of no use without monitoring.{name}", (*place, token_file))
