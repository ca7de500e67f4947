"""Where the programs listen: no two at one address, wherever the default is meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

from exporter.settings import ExporterSettings
from switcher.settings import SwitcherSettings
from understudy.config.mistakes import Mistake, Place, written
from understudy.config.peers import DEFAULT_HOST, DEFAULT_PORT, is_unspecified
from understudy.config.values import address

_SECTIONS = ("exporter", "switcher", "peers")


@dataclass(frozen=True, slots=True)
class _Listener:
    place: Place
    host: str
    port: int
    given: bool

    def clashes(self, other: _Listener) -> bool:
        hosts = {self.host, other.host}
        return self.port == other.port and (len(hosts) == 1 or any(map(is_unspecified, hosts)))

    @property
    def told(self) -> str:
        return written(self.place) + ("" if self.given else " (its default)")


def check_listeners(data: Any) -> Iterator[Mistake]:
    """Yield the addresses that two programs would listen on."""
    for earlier, later in combinations(_listeners(data), 2):
        if earlier.clashes(later):
            at, other = (later, earlier) if later.given else (earlier, later)
            text = f"is already the address of {other.told}; each needs its own port"
            yield Mistake(text, at.place)


def _listeners(data: Any) -> Iterator[_Listener]:
    """Yield where each program listens, the replica within the switcher's process as well."""
    found = {name: data.get(name) if isinstance(data, dict) else None for name in _SECTIONS}
    sections = {name: each for name, each in found.items() if isinstance(each, dict)}
    listening = ["exporter"]
    if "switcher" in sections:
        listening += [name for name in ("switcher", "peers") if name in sections]
    for name in listening:
        section = sections.get(name, {})
        try:
            host, port = address(section["listen"]) if "listen" in section else _default(name)
        except ValueError:
            continue  # told as no address
        yield _Listener((name, "listen"), _plain(host), port, "listen" in section)


def _default(name: str) -> tuple[str, int]:
    if name == "peers":
        return DEFAULT_HOST, DEFAULT_PORT
    settings = ExporterSettings if name == "exporter" else SwitcherSettings
    defaults: dict[str, Any] = {field.name: field.default for field in fields(settings)}
    return defaults["host"], defaults["port"]


def _plain(host: str) -> str:
    return DEFAULT_HOST if host.lower() == "localhost" else host.lower()
