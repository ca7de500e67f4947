"""What a devnet is asked to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_MAX_WITNESSES = 1001
_MAX_INTERVAL = 30

DEFAULT_ACCESS = frozenset(
    {"custom_operations", "database", "history", "network_broadcast", "orders"}
)
"""The APIs that a node opens to everybody without an access file."""


@dataclass(frozen=True, slots=True)
class DevnetSettings:
    """The options of a devnet; times in seconds, balances in the smallest unit of the core asset.

    `hosts` are the names of the hosts of each of the first `rings` witnesses, in ring order; those
    of the second and further ones carry the account's name in front ("init1-alpha"). All other
    witnesses live on `backbone` hosts. The last `standby` of all are not voted in and get no slots.
    With `base_port` 0 free ports are taken; otherwise the control address has that port and the
    nodes have the following ones.
    `prehistory` is the number of blocks that exist before the network goes live.
    `required_participation` is the percentage below which a host stops producing.
    Beside it runs a peer chain of `peers` nodes, if any, whose ports follow those of the nodes.
    `latency` is how long a message travels, `reconnect` how long nodes take to find each other
    after a fault. Without `owner_keys` each account's active key is its owner key as well, as on
    the recorded networks. `genesis_time` fixes the genesis and with it the chain id (a test's
    business).
    """

    witnesses: int = 7
    standby: int = 0
    interval: int = 1
    base_port: int = 0
    listen_host: str = "127.0.0.1"
    hosts: tuple[str, ...] = ("alpha", "beta", "gamma")
    rings: int = 1
    backbone: int = 2
    api_nodes: int = 3
    peers: int = 0
    maintenance_interval: int = 3600
    maintenance_skip_slots: int = 3
    balance: int = 1_000_000_000
    balances: Mapping[str, int] = field(default_factory=dict)
    feeds: tuple[str, ...] = ("USD", "CNY")
    prefix: str = "BTS"
    core_symbol: str = "BTS"
    prehistory: int = 0
    required_participation: int = 33
    latency: float = 0.002
    reconnect: float = 0.5
    owner_keys: bool = True
    genesis_time: int | None = None
    api_access: frozenset[str] = DEFAULT_ACCESS

    def __post_init__(self) -> None:
        """Refuse what no network can be.

        Raises:
            ValueError: with every mistake, one sentence each.
        """
        mistakes = [text for wrong, text in self._rules() if wrong]
        if mistakes:
            raise ValueError("; ".join(mistakes))

    def _rules(self) -> tuple[tuple[bool, str], ...]:
        return (
            (
                not 1 <= self.witnesses <= _MAX_WITNESSES,
                f"witnesses is {self.witnesses}, but must be within 1..{_MAX_WITNESSES}",
            ),
            (
                not 1 <= self.interval <= _MAX_INTERVAL,
                f"interval is {self.interval} s, but must be within 1..{_MAX_INTERVAL}",
            ),
            (not self.hosts, "hosts is empty, but a witness needs a host"),
            (len(set(self.hosts)) != len(self.hosts), "hosts names a host twice"),
            (
                not 0 <= self.rings <= self.witnesses,
                f"rings is {self.rings}, but must be within 0..witnesses",
            ),
            (
                not 0 <= self.standby < self.witnesses,
                f"standby is {self.standby}, but must be within 0..witnesses - 1",
            ),
            (self.backbone < 1, "backbone is below 1, but the other witnesses need a host"),
            (self.api_nodes < 0, "api_nodes is negative"),
            (self.peers < 0, "peers is negative"),
            (
                self.maintenance_interval < self.interval,
                "maintenance_interval is shorter than a block interval",
            ),
            (self.maintenance_skip_slots < 0, "maintenance_skip_slots is negative"),
            (self.prehistory < 0, "prehistory is negative"),
            (self.latency < 0 or self.reconnect < 0, "latency or reconnect is negative"),
            (not self.prefix or not self.core_symbol, "prefix or core_symbol is empty"),
        )

    def accounts(self) -> tuple[str, ...]:
        """Return the names of the witness accounts, in the order of their ids."""
        return tuple(f"init{i}" for i in range(self.witnesses))

    def host_name(self, account: str, host: str) -> str:
        """Return the network-wide name of a witness' host."""
        return host if account == "init0" else f"{account}-{host}"
