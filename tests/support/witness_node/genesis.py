"""The genesis of a network of real nodes, and what every such network needs in its first blocks."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coincurve import PrivateKey

from chains.bitshares.keys import encode_base58, ripemd160
from chains.bitshares.transactions import format_time

from .client import Connection
from .signing import CORE, PREFIX, public_key, secret_of, sign, transaction

OWNER = "init0-active"
"""Owns the initial balance, so that one transaction can claim it for init0."""

ISSUER = "nathan"
"""Issues the assets with feeds; no recorded witness did, and an account lists what it issued."""

FIRST_ACCOUNT = 6
"""The instance of init0, whose witness is 1.6.1."""

_RECORDED = Path(__file__).parents[2] / "fixtures" / "bitshares" / "recordings" / "genesis.json"
_STEP = 5
"""The genesis' time must be a multiple of so many seconds, whatever the interval."""


def genesis(
    *,
    witnesses: int = 7,
    feeds: Sequence[str] = (),
    owner_keys: bool = False,
    **parameters: int,
) -> dict[str, Any]:
    """Return the recorded genesis as of now, for so many witnesses (init0, init1, …).

    Assets of the names in `feeds` could be fed with prices. With `owner_keys` an account's owner
    key is another one than its active key. `parameters` replace those of the chain, such as
    `maintenance_interval` (seconds).
    """
    made: dict[str, Any] = json.loads(_RECORDED.read_text())
    made["initial_timestamp"] = format_time(int(time.time()) // _STEP * _STEP)
    made["initial_parameters"] |= parameters
    made["initial_balances"][0]["owner"] = _address(OWNER)
    names = [f"init{number}" for number in range(witnesses)]
    (issuer,) = (each for each in made["initial_accounts"] if each["name"] == ISSUER)
    members = [each["owner_name"] for each in made["initial_committee_candidates"]]
    everybody = dict.fromkeys([*names, *members])
    made["initial_accounts"] = [*(_account(name, owner_keys) for name in everybody), issuer]
    made["initial_witness_candidates"] = [
        {"owner_name": name, "block_signing_key": public_key(f"{name}-signing")} for name in names
    ]
    made["initial_assets"] = [_fed_asset(symbol) for symbol in feeds]
    made["initial_active_witnesses"] = witnesses
    made["immutable_parameters"]["min_witness_count"] = witnesses
    return made


def _account(name: str, owner_key: bool) -> dict[str, Any]:
    active = public_key(f"{name}-active")
    owner = public_key(f"{name}-owner") if owner_key else active
    return {"name": name, "owner_key": owner, "active_key": active, "is_lifetime_member": True}


def _fed_asset(symbol: str) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "issuer_name": ISSUER,
        "description": "",
        "precision": 4,
        "max_supply": 10**15,
        "accumulated_fees": 0,
        "is_bitasset": True,
        "collateral_records": [],
    }


def _address(name: str) -> str:
    key = PrivateKey(secret_of(name)).public_key.format()
    body = ripemd160(hashlib.sha512(key).digest())
    return PREFIX + encode_base58(body + ripemd160(body)[:4])


def amount(units: int) -> dict[str, Any]:
    """Return an amount of the core asset."""
    return {"amount": units, "asset_id": CORE}


def claim(node: Connection, chain_id: str) -> None:
    """Give init0 what the genesis holds."""
    balance = node.call("database", "get_objects", ["1.15.0"])[0]["balance"]
    body = {
        "deposit_to_account": f"1.2.{FIRST_ACCOUNT}",
        "balance_to_claim": "1.15.0",
        "balance_owner_key": public_key(OWNER),
        "total_claimed": balance,
    }
    apply(node, chain_id, [37, body])


def give(node: Connection, chain_id: str, shares: dict[str, int]) -> None:
    """Have init0 give other accounts (by id) a share of what it claimed."""
    giver = f"1.2.{FIRST_ACCOUNT}"
    transfers = [
        [0, {"from": giver, "to": to, "amount": amount(share)}] for to, share in shares.items()
    ]
    apply(node, chain_id, *transfers)


def vote(node: Connection, chain_id: str, witnesses: Sequence[str]) -> None:
    """Have init0 vote for witnesses (by id), so that the next maintenance counts real votes."""
    account, *found = node.call("database", "get_objects", [f"1.2.{FIRST_ACCOUNT}", *witnesses])
    votes = sorted((each["vote_id"] for each in found), key=lambda v: int(v.split(":")[1]))
    options = account["options"] | {"votes": votes, "num_witness": len(votes)}
    apply(node, chain_id, [6, {"account": account["id"], "new_options": options}])


def apply(
    node: Connection, chain_id: str, *operations: list[Any], signed_by: tuple[str, ...] = (OWNER,)
) -> None:
    """Have operations in a block; the node itself names their fees and serialises them."""
    fees = node.call("database", "get_required_fees", operations, CORE)
    paid = [[op, body | {"fee": fee}] for (op, body), fee in zip(operations, fees, strict=True)]
    unsigned = transaction(node.head(), *paid)
    packed = node.call("database", "get_transaction_hex_without_sig", unsigned)
    digest = hashlib.sha256(bytes.fromhex(chain_id + packed)).digest()
    signed = unsigned | {"signatures": [sign(digest, secret_of(name)).hex() for name in signed_by]}
    node.call("network_broadcast", "broadcast_transaction_synchronous", signed)
