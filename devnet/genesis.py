"""What a devnet begins with: accounts, witnesses, assets, and the chain id that follows from them.

Ids are as on the recorded networks: the witness accounts begin at 1.2.6, the witnesses at 1.6.1,
and the account "nathan" with the rest of the money comes last.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from chains.bitshares.transactions import format_time
from devnet.keys import active_key, owner_key, signing_key
from devnet.parameters import CORE_PRECISION, MAX_SUPPLY, chain_parameters
from devnet.settings import DevnetSettings
from devnet.values import Json, number

_SPECIAL_ACCOUNTS = (
    "committee-account",
    "witness-account",
    "relaxed-committee-account",
    "null-account",
    "temp-account",
    "proxy-to-self",
)
_RICH_ACCOUNT = "nathan"
_RICH_BALANCE = 100_000_000_000_000


@dataclass(frozen=True, slots=True)
class Account:
    """An account with one active and one owner key (texts); "" where nobody can sign."""

    id: str
    name: str
    key: str
    owner: str


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset; `bitasset` is the id of its feed data, None for the core asset."""

    id: str
    symbol: str
    precision: int
    bitasset: str | None


@dataclass(frozen=True)
class Genesis:
    """The unchanging part of a chain; `time` in seconds since the epoch."""

    settings: DevnetSettings
    time: int

    @property
    def interval(self) -> int:
        """Seconds between two slots."""
        return self.settings.interval

    @property
    def prefix(self) -> str:
        """What the texts of public keys begin with."""
        return self.settings.prefix

    @cached_property
    def parameters(self) -> Json:
        """The chain parameters, as 2.0.0 shows them."""
        return chain_parameters(self.settings)

    @cached_property
    def accounts(self) -> Mapping[str, Account]:
        """All accounts by id."""
        names = (*self.settings.accounts(), _RICH_ACCOUNT)
        listed = [Account(f"1.2.{i}", name, "", "") for i, name in enumerate(_SPECIAL_ACCOUNTS)]
        owning = owner_key if self.settings.owner_keys else active_key
        listed += [
            Account(
                f"1.2.{i}", name, *(kind(name).text(self.prefix) for kind in (active_key, owning))
            )
            for i, name in enumerate(names, start=len(_SPECIAL_ACCOUNTS))
        ]
        return {account.id: account for account in listed}

    @cached_property
    def accounts_by_name(self) -> Mapping[str, Account]:
        """All accounts by name."""
        return {account.name: account for account in self.accounts.values()}

    @cached_property
    def witness_ids(self) -> tuple[str, ...]:
        """The ids of all witnesses."""
        return tuple(f"1.6.{i}" for i in range(1, self.settings.witnesses + 1))

    @cached_property
    def active_ids(self) -> tuple[str, ...]:
        """The ids of the active witnesses: nobody votes, so that the elder ones stay."""
        return self.witness_ids[: len(self.witness_ids) - self.settings.standby]

    @cached_property
    def witness_accounts(self) -> Mapping[str, str]:
        """The account's id of each witness id."""
        names = self.settings.accounts()
        return {
            witness: self.accounts_by_name[name].id
            for witness, name in zip(self.witness_ids, names, strict=True)
        }

    @cached_property
    def witness_of_account(self) -> Mapping[str, str]:
        """The witness id of each account id that has one."""
        return {account: witness for witness, account in self.witness_accounts.items()}

    @cached_property
    def initial_keys(self) -> Mapping[str, str]:
        """The signing key (text) of each witness id at the beginning."""
        names = self.settings.accounts()
        return {
            witness: signing_key(name).text(self.prefix)
            for witness, name in zip(self.witness_ids, names, strict=True)
        }

    @cached_property
    def initial_balances(self) -> Mapping[str, int]:
        """The core balance of each account id that has one."""
        named = dict.fromkeys(self.settings.accounts(), self.settings.balance)
        named |= {_RICH_ACCOUNT: _RICH_BALANCE} | dict(self.settings.balances)
        return {self.accounts_by_name[name].id: amount for name, amount in named.items() if amount}

    @cached_property
    def assets(self) -> Mapping[str, Asset]:
        """All assets by id: the core asset and those that witnesses publish prices of."""
        core = Asset("1.3.0", self.settings.core_symbol, CORE_PRECISION, None)
        fed = [
            Asset(f"1.3.{i + 1}", symbol, 4, f"2.4.{i}")
            for i, symbol in enumerate(self.settings.feeds)
        ]
        return {asset.id: asset for asset in (core, *fed)}

    @cached_property
    def document(self) -> Json:
        """The genesis file's content, in the form that a real node reads."""
        names = self.settings.accounts()
        return {
            "initial_timestamp": format_time(self.time),
            "max_core_supply": number(MAX_SUPPLY),
            "initial_parameters": self.parameters,
            "initial_accounts": [
                {"name": account.name, "owner_key": account.owner, "active_key": account.key}
                for account in self.accounts.values()
                if account.key
            ],
            "initial_assets": [asset.symbol for asset in self.assets.values() if asset.bitasset],
            "initial_balances": dict(self.initial_balances),
            "initial_active_witnesses": len(self.active_ids),
            "initial_witness_candidates": [
                {"owner_name": name, "block_signing_key": key}
                for name, key in zip(names, self.initial_keys.values(), strict=True)
            ],
            "immutable_parameters": self.immutable_parameters,
        }

    @property
    def immutable_parameters(self) -> Json:
        """The member of that name of 2.11.0."""
        return {
            "min_committee_member_count": self.settings.witnesses,
            "min_witness_count": len(self.active_ids),
            "num_special_accounts": 0,
            "num_special_assets": 0,
        }

    @cached_property
    def chain_id(self) -> str:
        """The SHA-256 of the genesis document, 64 hex digits."""
        return hashlib.sha256(json.dumps(self.document).encode()).hexdigest()
