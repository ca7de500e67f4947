"""What nodes say of keys at hand: which accounts they have a say in, and what these hold. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chains.bitshares.accounts import Account
from chains.bitshares.objects import Names
from chains.errors import ChainError


@dataclass(frozen=True, slots=True)
class Holding:
    """What an account holds: the core token in its smallest unit, and how many other assets."""

    core: int
    others: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What a node shows, pending transactions included; `head_time` in seconds since the epoch.

    `references` has, for each key that was asked about, the ids of the accounts in which it is an
    owner's, active or memo key; `controlled`, by id, the accounts in whose authorities an account
    of those stands. `accounts` (by id) has all of them, and those of the configured witnesses, with
    what they hold in `holdings`. `signing_keys` are the witnesses', by account name. `fee` is that
    of a witness_update, None where there is no witness to ask it for.
    """

    head_time: int
    names: Names
    references: Mapping[str, tuple[str, ...]]
    controlled: Mapping[str, tuple[str, ...]]
    accounts: Mapping[str, Account]
    holdings: Mapping[str, Holding]
    signing_keys: Mapping[str, str]
    fee: int | None

    def agrees(self, other: Survey) -> bool:
        """Tell whether another node shows the same, but for what may change from block to block."""
        return (self.names, self.references, self.controlled, self.accounts, self.fee) == (
            other.names,
            other.references,
            other.controlled,
            other.accounts,
            other.fee,
        )


@dataclass(frozen=True, slots=True)
class Canvass:
    """What all voting nodes say, by name; `agreed` is what a majority of them does, if any."""

    surveys: Mapping[str, Survey]
    troubles: Mapping[str, ChainError]
    needed: int

    @property
    def agreed(self) -> Survey | None:
        """Return what most say, of the newest head among them; None without a majority."""
        return next(
            (
                max(alike, key=lambda survey: survey.head_time)
                for one in self.surveys.values()
                if len(alike := [s for s in self.surveys.values() if s.agrees(one)]) >= self.needed
            ),
            None,
        )
