"""Accounts and who may act for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from chains.bitshares.values import ACCOUNT, UINT16, UINT32, instance, whole_number
from chains.errors import MalformedDataError


@dataclass(frozen=True, slots=True)
class Authority:
    """Who may act: weights by public key (and by account id), and the sum that is enough."""

    threshold: int
    weights: Mapping[str, int]
    accounts: Mapping[str, int] = field(default_factory=dict)

    def weight_of(self, keys: Collection[str]) -> int:
        """Return what keys weigh together."""
        return sum(weight for key, weight in self.weights.items() if key in keys)

    def satisfied_by(self, keys: Collection[str]) -> bool:
        """Tell whether keys are enough without anybody else's signature."""
        return 0 < self.threshold <= self.weight_of(keys)

    def just_enough(self, keys: Collection[str]) -> list[str]:
        """Return as few of the keys as satisfy it, the heaviest first; none if all don't."""
        if not self.satisfied_by(keys):
            return []
        enough: list[str] = []
        ours = (key for key in self.weights if key in keys)
        for key in sorted(ours, key=lambda key: -self.weights[key]):
            if self.satisfied_by(enough):
                break
            enough.append(key)
        return enough


@dataclass(frozen=True, slots=True)
class Authorities:
    """An account's two: `active` spends, `owner` may do that as well, and replace either."""

    active: Authority
    owner: Authority


@dataclass(frozen=True, slots=True)
class Account:
    """An account (1.2.x) as a node shows it."""

    id: str
    name: str
    authorities: Authorities
    memo_key: str


def parse_authorities(found: Any) -> Authorities:
    """Return an account's authorities.

    Raises:
        MalformedDataError: that is no account.
    """
    try:
        return Authorities(_authority(found["active"]), _authority(found["owner"]))
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedDataError(f"an account without authorities: {error!r:.80}") from error


def parse_account(found: Any) -> Account:
    """Return an account.

    Raises:
        MalformedDataError: that is none.
    """
    authorities = parse_authorities(found)
    try:
        instance(found["id"], ACCOUNT)
        memo_key = found["options"]["memo_key"]
        return Account(found["id"], str(found["name"]), authorities, str(memo_key))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedDataError(f"no account: {error!r:.80}") from error


def _authority(found: Any) -> Authority:
    return Authority(
        whole_number(found["weight_threshold"], UINT32),
        {str(key): whole_number(weight, UINT16) for key, weight in found["key_auths"]},
        {str(account): whole_number(weight, UINT16) for account, weight in found["account_auths"]},
    )
