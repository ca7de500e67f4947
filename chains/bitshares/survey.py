"""What nodes say of keys at hand: which accounts they have a say in, and what these hold. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

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
        """Tell whether another node shows the same, but for time and amounts.

        These change from block to block, and not everybody has the same block.
        """
        return self == replace(other, head_time=self.head_time, holdings=self.holdings)


@dataclass(frozen=True, slots=True)
class Canvass:
    """What all voting nodes say, by name, and how many of them are a majority."""

    surveys: Mapping[str, Survey]
    troubles: Mapping[str, ChainError]
    needed: int

    @property
    def agreed(self) -> Survey | None:
        """Return what most say, None without a majority.

        Time and amounts are those in the middle of what these say, each by itself, so that one
        node can't choose them; of two in the middle the greater, as no key spends less than it can.
        """
        for one in self.surveys.values():
            alike = [survey for survey in self.surveys.values() if survey.agrees(one)]
            if len(alike) >= self.needed:
                return replace(
                    one,
                    head_time=_middle(survey.head_time for survey in alike),
                    holdings={
                        account: Holding(
                            _middle(survey.holdings[account].core for survey in alike),
                            _middle(survey.holdings[account].others for survey in alike),
                        )
                        for account in one.holdings
                    },
                )
        return None


def _middle(numbers: Iterable[int]) -> int:
    ordered = sorted(numbers)
    return ordered[len(ordered) // 2]
