"""Where the programs of a stack listen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from understudy.stack.ports import free_ports
from understudy.stack.settings import StackSettings

_SHIPPED_PORTS = {"exporter": 9877, "switcher": 9878, "alertmanager": 9093, "prometheus": 9090}
"""The ports by which the shipped files name each program, on 127.0.0.1 or localhost."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where each replica of each program listens, as HOST:PORT.

    `gossip` is where each Alertmanager hears of the others' notifications; none for a single one.
    `replica` is where each switcher shows its replica of the peer chain; none without peers.
    """

    exporter: tuple[str, ...]
    switcher: tuple[str, ...]
    alertmanager: tuple[str, ...]
    prometheus: tuple[str, ...]
    gossip: tuple[str, ...] = ()
    replica: tuple[str, ...] = ()

    @classmethod
    def chosen(cls, settings: StackSettings) -> Self:
        """Return free ones on the loopback address, with the ports that are asked for."""
        count = settings.replicas
        gossiping = count.alertmanager if count.alertmanager > 1 else 0
        replicas = count.switcher if settings.document.get("peers") else 0
        needed = count.exporter + count.switcher + count.alertmanager + count.prometheus
        ports = free_ports(needed + gossiping + replicas)
        free = iter([f"127.0.0.1:{port}" for port in ports])
        return cls(
            exporter=_some(free, count.exporter),
            switcher=_some(free, count.switcher),
            alertmanager=_some(free, count.alertmanager, settings.alertmanager_port),
            prometheus=_some(free, count.prometheus, settings.prometheus_port),
            gossip=_some(free, gossiping),
            replica=_some(free, replicas),
        )

    def of_services(self) -> list[dict[str, str]]:
        """Return the addresses of each exporter and switcher, by section, one pair after the other.

        Where there are more of one, the last of the other stands beside it once more.
        """
        sections = {"exporter": self.exporter, "switcher": self.switcher, "peers": self.replica}
        return [
            {name: of[min(index, len(of) - 1)] for name, of in sections.items() if of}
            for index in range(max(len(self.exporter), len(self.switcher)))
        ]

    def moved(self, address: str) -> tuple[str, ...]:
        """Return where all replicas of the program with a shipped address are; others stay."""
        name = program_at(address)
        return getattr(self, name) if name else (address,)


def program_at(address: str) -> str | None:
    """Return the program that has an address in the shipped files."""
    host, _, port = address.rpartition(":")
    if host not in ("127.0.0.1", "localhost"):
        return None
    return next((n for n, shipped in _SHIPPED_PORTS.items() if port == str(shipped)), None)


def _some(free: Iterator[str], count: int, first: int | None = None) -> tuple[str, ...]:
    taken = [next(free) for _ in range(count)]
    if first is not None:
        taken[0] = f"127.0.0.1:{first}"
    return tuple(taken)
