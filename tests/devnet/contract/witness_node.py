"""A private network of real nodes, started from the program that a user names."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.witness_node.client import Connection, connected
from tests.support.witness_node.genesis import ISSUER, OWNER, amount, apply, claim, genesis, give
from tests.support.witness_node.process import (
    APIS,
    START_SECONDS,
    NodePlan,
    started,
    url,
)
from tests.support.witness_node.signing import FEE, NAMES
from understudy.stack import free_ports

from .target import Target

WITNESSES = [f"1.6.{number}" for number in range(1, 8)]
FUNDED = [f"1.2.{number}" for number in range(7, 12)]
"""Accounts that get some of init0's balance; that of the last witness stays empty."""

MAINTENANCE_SECONDS = 10
"""Short, because a witness gets its pay_vb member only with its first pay, after a maintenance."""

SHARE = 100 * FEE
ISSUER_ID, ISSUER_SHARE = "1.2.13", 10**10

FEEDS = ("USD", "CNY")


@contextmanager
def witness_network(program: Path, folder: Path) -> Iterator[Target]:
    """Run a producing node and a second one beside it until the context ends.

    Raises:
        RuntimeError: a node ended, or the chain did not get going.
    """
    p2p, first, second = free_ports(3)
    main = replace(lone_node(program, folder, first, p2p), apis=APIS)
    gamma = NodePlan(program, folder / "gamma", main.genesis, second, 0, APIS, peers=[p2p])
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
    state = folder / "genesis.json"
    state.write_text(json.dumps(genesis(feeds=FEEDS, maintenance_interval=MAINTENANCE_SECONDS)))
    keys = [name for name in NAMES if name.endswith("-signing") or name.startswith("backup")]
    return NodePlan(
        program,
        folder / "main",
        state,
        rpc_port,
        p2p_port,
        begins=True,
        witnesses=WITNESSES,
        keys=keys,
    )


def _prepare(node: Connection, chain_id: str) -> None:
    """Give the witnesses balances, the assets price feeds, and await everybody's first pay."""
    node.await_block(1)
    claim(node, chain_id)
    give(node, chain_id, dict.fromkeys(FUNDED, SHARE) | {ISSUER_ID: ISSUER_SHARE})
    for number, _ in enumerate(FEEDS, start=1):
        operations = _feed_operations(node, f"1.3.{number}")
        apply(node, chain_id, *operations, signed_by=(OWNER, f"{ISSUER}-active"))
    _await_pay(node)


def _feed_operations(node: Connection, asset: str) -> list[list[Any]]:
    """Return what makes an asset fed by accounts that its issuer names, and feeds it.

    Witnesses whom nobody has voted for may not publish.
    """
    options = node.call("database", "get_objects", [asset])[0]["options"]
    issued = {"issuer": ISSUER_ID, "asset_to_update": asset}
    price = {"base": {"amount": 1, "asset_id": asset}, "quote": amount(1)}
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


def _await_pay(node: Connection) -> None:
    """Wait until every witness has been paid once."""
    until = time.monotonic() + START_SECONDS
    while not all("pay_vb" in found for found in node.call("database", "get_objects", WITNESSES)):
        if time.monotonic() > until:
            raise RuntimeError(f"not every witness was paid within {START_SECONDS} s")
        node.await_block(node.head().number + 1)
