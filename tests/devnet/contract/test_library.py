"""The `bitshares` library itself, each step in a process of its own as it was recorded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.witness_node.client import Connection
from tests.support.witness_node.signing import identity, public_key, wif

from .target import Target

START = """
import json, sys
url, chain_id, key, argument = sys.argv[1:]
from bitsharesbase.chains import known_chains
known_chains["CONTRACT"] = {"chain_id": chain_id, "core_symbol": "BTS", "prefix": "BTS"}
from bitshares import BitShares
from bitshares.account import Account
from bitshares.instance import set_shared_blockchain_instance
from bitshares.witness import Witness, Witnesses
chain = BitShares(url, keys=[key], num_retries=0)
set_shared_blockchain_instance(chain)
def update(account, **options):
    return chain.update_witness(account, url="http://library", key=argument, **options)
"""
STEPS = {
    "witness": "dict(Witness('init0'))",
    "account": "[str(amount) for amount in Account('init0').balances]",
    "witnesses": "[dict(witness) for witness in Witnesses()]",
    "update": "dict(update('init0'))",
    "update and wait": "dict(update('init0', blocking='head'))",
    "update without balance": "dict(update('init6'))",
}


def _run(target: Target, folder: Path, step: str, key: str = "init0-active") -> Any:
    """Return what a step of the library gave, or the last line of its failure as text."""
    code = f"{START}\nprint(json.dumps({STEPS[step]}))"
    arguments = [target.url, target.chain_id, wif(key), public_key(target.signing_names[0])]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    return json.loads(done.stdout)


def test_the_library_reads_witnesses_and_balances(target: Target, tmp_path: Path) -> None:
    assert _run(target, tmp_path, "witness")["witness_account"] == "1.2.6"
    (balance,) = _run(target, tmp_path, "account")
    assert balance.endswith(" BTS")
    assert len(_run(target, tmp_path, "witnesses")) == 7


@pytest.mark.parametrize("step", ["update", "update and wait"])
def test_the_library_updates_a_witness(
    target: Target, node: Connection, tmp_path: Path, step: str
) -> None:
    node.call("database", "set_block_applied_callback", 1)
    change = _run(target, tmp_path, step)
    change = change.get("trx", change)
    start = node.head().number - 3
    while identity(change) not in _included(node, start):
        assert node.head().number < start + 8, "the library's transaction is in no block"
        node.notice()
    assert node.witness()["url"] == "http://library"


def _included(node: Connection, start: int) -> list[str]:
    return [
        identity(transaction)
        for number in range(start, node.head().number + 1)
        for transaction in node.call("database", "get_block", number)["transactions"]
    ]


def test_the_library_tells_a_refusal_in_the_recorded_words(target: Target, tmp_path: Path) -> None:
    failure = _run(target, tmp_path, "update without balance", "init6-active")
    assert failure == (
        "bitsharesapi.exceptions.UnhandledRPCError: Execution error: Assert Exception: "
        "delta.amount > 0: Insufficient Balance: init6's balance of 0 BTS is less than "
        "required 20 BTS"
    )
