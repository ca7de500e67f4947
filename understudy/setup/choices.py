"""What somebody chose who sets out to watch a witness. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chains.settings import NodeSettings, ProducerSettings


@dataclass(frozen=True, slots=True)
class Key:
    """Where the witness account's active key is, or is to be: a key file, or a wallet.

    `passphrase_file` goes with a wallet and is None for a key file.
    """

    path: Path
    passphrase_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """The answers to the five questions.

    `prometheus` and `alertmanager` are their addresses, None where there are none yet. Files are
    named as they are to stand in understudy.yaml.
    """

    nodes: tuple[NodeSettings, ...]
    chain_id: str
    prefix: str
    core_symbol: str
    account: str
    producers: tuple[ProducerSettings, ...]
    key: Key
    prometheus: str | None = None
    alertmanager: str | None = None
