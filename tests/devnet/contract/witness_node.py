"""A private network of real nodes, started from the program that a user names."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from coincurve import PrivateKey

from chains.bitshares.keys import encode_base58, ripemd160
from chains.bitshares.transactions import format_time

from .client import Connection, connected
from .recordings import FOLDER
from .signing import CORE, FEE, NAMES, PREFIX, public_key, secret_of, sign, transaction
from .target import Target
from .witness_process import START_SECONDS, NodePlan, free_ports, started, url

VARIABLE = "UNDERSTUDY_WITNESS_NODE"
WITNESSES = [f"1.6.{number}" for number in range(1, 8)]
FUNDED = [f"1.2.{number}" for number in range(7, 12)]
"""Accounts that get some of init0's balance; that of the last witness stays empty."""

MAINTENANCE_SECONDS = 10
"""Short, because a witness gets its pay_vb member only with its first pay, after a maintenance."""

GENESIS_STEP = 5
"""The genesis' time must be a multiple of so many seconds, whatever the interval."""

SHARE = 100 * FEE
OWNER = "init0-active"
"""Owns the initial balance, so that one transaction can claim it for init0."""

ISSUER, ISSUER_ID, ISSUER_SHARE = "nathan", "1.2.13", 10**10
"""Issues the assets with feeds; no recorded witness did, and an account lists what it issued."""

FEEDS = ("USD", "CNY")
APIS = (
    *("database_api", "network_broadcast_api", "history_api", "block_api", "network_node_api"),
    *("asset_api", "orders_api", "custom_operations_api"),
)
"""As on the recorded network: neither debug nor crypto."""


@contextmanager
def witness_network(program: Path, folder: Path) -> Iterator[Target]:
    """Run a producing node and a second one beside it until the context ends.

    Raises:
        RuntimeError: a node ended, or the chain did not get going.
    """
    p2p, first, second = free_ports(3)
    main = replace(lone_node(program, folder, first, p2p), apis=APIS)
    gamma = NodePlan(program, folder / "gamma", main.genesis, second, 0, APIS, peer=p2p)
    with ExitStack() as running:
        running.enter_context(started(main))
        with connected(url(first)) as node:
            # Only now: a node that finds no peer at its start takes its time to try again.
            running.enter_context(started(gamma))
            chain_id = node.call("database", "get_chain_id")
            _prepare(node, chain_id)
            with connected(url(second)) as other:
                other.await_block(node.head().number, START_SECONDS)
        yield Target(
            name="witness_node",
            url=url(first),
            others=(url(second),),
            chain_id=chain_id,
            signing_names=("init0-signing", "backup0", "backup1", "backup2"),
        )


def lone_node(program: Path, folder: Path, rpc_port: int, p2p_port: int) -> NodePlan:
    """Return the plan of a node that signs for all witnesses of a new chain."""
    genesis = folder / "genesis.json"
    genesis.write_text(json.dumps(_genesis()))
    keys = [name for name in NAMES if name.endswith("-signing") or name.startswith("backup")]
    return NodePlan(
        program, folder / "main", genesis, rpc_port, p2p_port, witnesses=WITNESSES, keys=keys
    )


def _genesis() -> dict[str, Any]:
    genesis: dict[str, Any] = json.loads((FOLDER / "genesis.json").read_text())
    genesis["initial_timestamp"] = format_time(int(time.time()) // GENESIS_STEP * GENESIS_STEP)
    genesis["initial_parameters"]["maintenance_interval"] = MAINTENANCE_SECONDS
    genesis["initial_balances"][0]["owner"] = _address(OWNER)
    genesis["initial_assets"] = [_fed_asset(symbol) for symbol in FEEDS]
    return genesis


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


def _prepare(node: Connection, chain_id: str) -> None:
    """Give the witnesses balances, the assets price feeds, and await everybody's first pay."""
    node.await_block(1)
    balance = node.call("database", "get_objects", ["1.15.0"])[0]["balance"]
    claim = {
        "deposit_to_account": "1.2.6",
        "balance_to_claim": "1.15.0",
        "balance_owner_key": public_key(OWNER),
        "total_claimed": balance,
    }
    _apply(node, chain_id, [37, claim])
    shares = dict.fromkeys(FUNDED, SHARE) | {ISSUER_ID: ISSUER_SHARE}
    transfers = [
        [0, {"from": "1.2.6", "to": to, "amount": _amount(share)}] for to, share in shares.items()
    ]
    _apply(node, chain_id, *transfers)
    for number, _ in enumerate(FEEDS, start=1):
        operations = _feed_operations(node, f"1.3.{number}")
        _apply(node, chain_id, *operations, signed_by=(OWNER, f"{ISSUER}-active"))
    _await_pay(node)


def _feed_operations(node: Connection, asset: str) -> list[list[Any]]:
    """Return what makes an asset fed by accounts that its issuer names, and feeds it.

    Witnesses whom nobody has voted for may not publish.
    """
    options = node.call("database", "get_objects", [asset])[0]["options"]
    issued = {"issuer": ISSUER_ID, "asset_to_update": asset}
    price = {"base": {"amount": 1, "asset_id": asset}, "quote": _amount(1)}
    feed = {
        "settlement_price": price,
        "maintenance_collateral_ratio": 1400,
        "maximum_short_squeeze_ratio": 1100,
        "core_exchange_rate": price,
    }
    return [
        [11, issued | {"new_options": options | {"flags": 0, "core_exchange_rate": price}}],
        [13, issued | {"new_feed_producers": ["1.2.6", *FUNDED]}],
        [19, {"publisher": "1.2.6", "asset_id": asset, "feed": feed}],
    ]


def _amount(amount: int) -> dict[str, Any]:
    return {"amount": amount, "asset_id": CORE}


def _apply(
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


def _await_pay(node: Connection) -> None:
    """Wait until every witness has been paid once."""
    until = time.monotonic() + START_SECONDS
    while not all("pay_vb" in found for found in node.call("database", "get_objects", WITNESSES)):
        if time.monotonic() > until:
            raise RuntimeError(f"not every witness was paid within {START_SECONDS} s")
        node.await_block(node.head().number + 1)
