"""Rules between the peers' section and the rest of the file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from serving.address import url_of
from understudy.config.mistakes import Mistake, Place, written
from understudy.config.peers import DEFAULT_FILE, DEFAULT_HOST, DEFAULT_PORT, is_unspecified
from understudy.config.places import found, repeated, same_address
from understudy.config.values import address, sqlite_file

_NODES: Place = ("peers", "nodes", "*")


def check_peers(data: Any, folder: Path) -> Iterator[Mistake]:
    """Yield what is wrong with peers, where others and the switcher are looked at as well."""
    section = data.get("peers") if isinstance(data, dict) else None
    if not isinstance(section, dict):
        return
    yield from repeated(data, (*_NODES, "name"), "the name of")
    yield from repeated(data, (*_NODES, "url"), "the URL of", same=same_address)
    yield from _namesakes(data)
    switcher = data.get("switcher")
    if isinstance(switcher, dict):
        yield from _advertised(data, section)
        yield from _kept(section, switcher, folder)


def _namesakes(data: Any) -> Iterator[Mistake]:
    places = found(data, ("bitshares", "nodes", "*", "name"))
    nodes = {name: place[:-1] for place, name in places if isinstance(name, str)}
    for place, name in found(data, (*_NODES, "name")):
        if isinstance(name, str) and name in nodes:
            text = f"is already the name of {written(nodes[name])}"
            yield Mistake(f"{text}; alerts and journal name either by it", place)


def _advertised(data: Any, section: dict[str, Any]) -> Iterator[Mistake]:
    """The replica is none of the peers that it is compared with, and can be called."""
    try:
        host, port = address(section.get("listen", f"{DEFAULT_HOST}:{DEFAULT_PORT}"))
    except ValueError:
        return  # told as no address
    given = section.get("advertise")
    if given is None and is_unspecified(host):
        text = "is missing, and no peer can call"
        yield Mistake(f"{text} {host}; give the URL at which they reach it", ("peers", "advertise"))
    own = {same_address(url_of(host, port)): "peers.listen"}
    if isinstance(given, str):
        own[same_address(given)] = "peers.advertise"
    for place, url in found(data, (*_NODES, "url")):
        if isinstance(url, str) and (name := own.get(same_address(url))):
            yield Mistake(f"is {name}; the replica is none of the nodes that it compares", place)


def _kept(section: dict[str, Any], switcher: dict[str, Any], folder: Path) -> Iterator[Mistake]:
    journal, own = switcher.get("database"), section.get("database")
    if not isinstance(journal, str) or not isinstance(own, str | None):
        return
    file = sqlite_file(journal)
    if own is None and file is None and journal.startswith("postgresql"):
        text = "is missing; beside a journal in PostgreSQL, say where the replica is kept"
        yield Mistake(f"{text}, such as sqlite:///{DEFAULT_FILE}", ("peers", "database"))
    elif own is None and file and file.name == DEFAULT_FILE:
        text = f"is missing, and the usual {DEFAULT_FILE} is the journal; name another file"
        yield Mistake(text, ("peers", "database"))
    elif (
        own is not None and file and _resolved(sqlite_file(own), folder) == _resolved(file, folder)
    ):
        yield Mistake(
            "is switcher.database; the journal has a file of its own", ("peers", "database")
        )


def _resolved(file: Path | None, folder: Path) -> str | None:
    return os.path.realpath(folder / file) if file else None
