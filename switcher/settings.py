"""What the switcher is told, as typed values; the `understudy` package fills them in.

Secrets come as paths of files only. Durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from serving.exposure import is_loopback
from serving.tls import TlsFiles

IN_THE_CLEAR = (
    "is reached from beyond this machine, where tokens and orders would pass in the clear; "
    "give the switcher tls: {certificate_file: PATH, key_file: PATH}, or say behind_proxy: true if "
    "a proxy that speaks TLS stands in front of it"
)
"""What is wrong with an address without TLS that others than this machine reach."""


@dataclass(frozen=True, slots=True)
class KeyFileSigner:
    """A file that only its owner can read, holding the witness account's active key as WIF.

    With `allow_owner_key` an owner key is put up with.
    """

    path: Path
    allow_owner_key: bool = False


@dataclass(frozen=True, slots=True)
class WalletSigner:
    """A `bitshares` wallet (SQLite) and the owner-only file that holds its passphrase.

    With `allow_owner_key` an owner key is put up with.
    """

    path: Path
    passphrase_file: Path
    allow_owner_key: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """When to rotate, and when to hold.

    `missed_blocks` is the number of misses within the chain's `missed_window` that an accused key
    must have, `head_lag` the blocks by which a node may be behind the canonical head,
    `min_participation` the share of slots (0 to 1) below which the trouble is network-wide.
    `preempt_after` is how long a host must have lacked the chain's blocks before it is replaced
    ahead of its slot. Without any backup ready nothing is done, or with `exhausted` "null_key" the
    witness is stopped. After `return_after` of health the first producer of the ring is put back
    on air; None: never. Where an update would cost more than `max_fee`, in core tokens, it isn't
    signed. `arm` is only the first state of an empty journal; with `dry_run` nothing is ever
    broadcast.
    """

    missed_blocks: int = 3
    head_lag: int = 2
    cool_down: int = 60
    rotations_per_day: int = 6
    min_participation: float = 0.66
    preempt_after: int = 13
    exhausted: Literal["hold", "null_key"] = "hold"
    return_after: int | None = None
    max_fee: int = 2_000
    arm: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class SwitcherSettings:
    """Where the switcher listens, keeps its journal, finds its secrets, and what it may do.

    `database` is an SQLAlchemy URL without a password, which `database_password_file` may hold.
    `client_token_file` is what the command line presents to the switcher; the service itself
    doesn't read it. After `heartbeat_timeout` without the dead man's switch the alert path counts
    as broken; an incident that no alert renews for `incident_renewal` ends, unless a transaction is
    already broadcast. Once `incidents_per_hour` were opened within an hour, alerts that can't be
    true open no more. Entries of the journal that are older than `journal_retention` are removed;
    None: never. With `behind_proxy` a proxy that speaks TLS stands in front of it, and others than
    this machine may reach it. `readers` may see the status page, state and journal without a
    token: nobody ("token"), programs on this machine ("loopback"), or "anyone" who reaches it.
    """

    token_file: Path
    database: str
    signer: KeyFileSigner | WalletSigner
    host: str = "127.0.0.1"
    port: int = 9878
    client_token_file: Path | None = None
    database_password_file: Path | None = None
    policy: Policy = field(default_factory=Policy)
    heartbeat_timeout: int = 60
    incident_renewal: int = 300
    incidents_per_hour: int = 1_000
    journal_retention: int | None = None
    tls: TlsFiles | None = None
    behind_proxy: bool = False
    readers: Literal["token", "loopback", "anyone"] = "token"

    @property
    def exposed(self) -> bool:
        """Whether others than the programs on this machine may reach it."""
        return self.behind_proxy or not is_loopback(self.host)

    @property
    def scheme(self) -> str:
        """How it is to be spoken to at its own address: "http" or "https"."""
        return "https" if self.tls else "http"
