"""Who there is to be hit, as far as it is known before anything runs."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.settings import DevnetSettings
from understudy.stack.settings import Replicas, numbered


@dataclass(frozen=True, slots=True)
class Cast:
    """How many there are of each; a ring's backups are told apart by their place in it."""

    rings: int
    hosts: int
    backbone: int
    voting: int
    peers: int
    replicas: Replicas

    @classmethod
    def of(cls, network: DevnetSettings, replicas: Replicas) -> Cast:
        """Return the cast of a network and a stack."""
        return cls(
            network.rings,
            len(network.hosts),
            network.backbone,
            network.api_nodes,
            network.peers,
            replicas,
        )

    @property
    def kinds(self) -> dict[str, int]:
        """The kinds of programs, and how many there are of each."""
        each = self.replicas
        return {
            "exporter": each.exporter,
            "switcher": each.switcher,
            "prometheus": each.prometheus,
            "alertmanager": each.alertmanager,
        }

    @property
    def programs(self) -> tuple[str, ...]:
        """The names of all programs."""
        return tuple(
            numbered(kind, index) for kind, count in self.kinds.items() for index in range(count)
        )

    def count(self, role: str) -> int:
        """Return how many there are in a role.

        Raises:
            KeyError: there is no such role.
        """
        return {
            "on air": self.rings,
            "ring": self.rings,
            "backup": self.rings * (self.hosts - 1),
            "backbone": self.backbone,
            "voting": self.voting,
            "program": len(self.programs),
            "kind of program": len(self.kinds),
            "switcher": self.replicas.switcher,
            "peer": self.peers,
            "database": 1,
            "chain": 1,
        }[role]
