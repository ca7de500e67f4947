"""A private network of two real nodes, started from the program that a user names."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from coincurve import PrivateKey

from chains.bitshares.keys import encode_base58, ripemd160
from chains.bitshares.transactions import format_time

from .client import Connection, connected
from .recordings import FOLDER
from .signing import CORE, FEE, NAMES, PREFIX, public_key, secret_of, sign, signed, transaction, wif
from .target import Target

VARIABLE = "UNDERSTUDY_WITNESS_NODE"
WITNESSES = range(1, 8)
MAINTENANCE_SECONDS = 10
"""Short, because a witness gets its pay_vb member only with its first pay, after a maintenance."""
START_SECONDS = 60
GENESIS_STEP = 5
"""The genesis' time must be a multiple of so many seconds, whatever the interval."""
SHARE = 100 * FEE
OWNER = "init0-active"
"""Owns the initial balance, so that one transaction can claim it for init0."""

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
    genesis = folder / "genesis.json"
    genesis.write_text(json.dumps(_genesis()))
    p2p, first, second = _free_ports(3)
    with ExitStack() as running:
        node = _node(program, folder / "main", first, p2p, genesis, _producing())
        main = running.enter_context(node)
        with _reached(main, first) as connection:
            # Only now: a node that finds no peer at its start takes its time to try again.
            node = _node(program, folder / "gamma", second, 0, genesis, _following(p2p))
            gamma = running.enter_context(node)
            chain_id = connection.call("database", "get_chain_id")
            _claim_balance(connection, chain_id)
            _share_balance(connection, chain_id)
            _await_pay(connection)
            with _reached(gamma, second) as other:
                other.await_block(connection.head().number, START_SECONDS)
        yield Target(
            name="witness_node",
            url=_url(first),
            others=(_url(second),),
            chain_id=chain_id,
            signing_names=("init0-signing", "backup0", "backup1", "backup2"),
        )


def _genesis() -> dict[str, Any]:
    genesis: dict[str, Any] = json.loads((FOLDER / "genesis.json").read_text())
    genesis["initial_timestamp"] = format_time(int(time.time()) // GENESIS_STEP * GENESIS_STEP)
    genesis["initial_parameters"]["maintenance_interval"] = MAINTENANCE_SECONDS
    genesis["initial_balances"][0]["owner"] = _address(OWNER)
    return genesis


def _address(name: str) -> str:
    key = PrivateKey(secret_of(name)).public_key.format()
    body = ripemd160(hashlib.sha512(key).digest())
    return PREFIX + encode_base58(body + ripemd160(body)[:4])


def _producing() -> list[str]:
    signing = [name for name in NAMES if name.endswith("-signing") or name.startswith("backup")]
    return [
        "enable-stale-production = true",
        *(f'witness-id = "1.6.{number}"' for number in WITNESSES),
        *(f"private-key = {json.dumps([public_key(name), wif(name)])}" for name in signing),
        "seed-nodes = []",
    ]


def _following(p2p: int) -> list[str]:
    return [f'seed-nodes = ["127.0.0.1:{p2p}"]']


def _config(rpc: int, p2p: int, genesis: Path, access: Path, special: list[str]) -> str:
    lines = [
        f"p2p-endpoint = 127.0.0.1:{p2p}",
        "p2p-advertise-peer-algorithm = nothing",
        f"rpc-endpoint = 127.0.0.1:{rpc}",
        f"genesis-json = {genesis}",
        f"api-access = {access}",
        "plugins = witness account_history market_history grouped_orders "
        "api_helper_indexes custom_operations",
        *special,
    ]
    return "\n".join(lines) + "\n"


def _api_access() -> dict[str, Any]:
    everybody = {"password_hash_b64": "*", "password_salt_b64": "*", "allowed_apis": list(APIS)}
    return {"permission_map": [["*", everybody]]}


LOGGING = """\
[log.console_appender.stderr]
stream=std_error
[logger.default]
level=warn
appenders=stderr
"""


@contextmanager
def _node(
    program: Path, folder: Path, rpc: int, p2p: int, genesis: Path, special: list[str]
) -> Iterator[_Process]:
    folder.mkdir()
    access = folder / "api-access.json"
    access.write_text(json.dumps(_api_access()))
    (folder / "config.ini").write_text(_config(rpc, p2p, genesis, access, special))
    (folder / "logging.ini").write_text(LOGGING)
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "--data-dir", folder],
            stdout=output,
            stderr=output,
            cwd=folder,
            env={**os.environ, "HOME": str(folder)},
        )
    try:
        yield _Process(process, log)
    finally:
        process.kill()  # nothing that it would save on an orderly end is needed
        process.wait()


class _Process:
    """A started node and the file that it logs to."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    def check(self) -> None:
        """Raise RuntimeError with the end of its log if the node has ended."""
        if self._process.poll() is not None:
            last = self._log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"the node ended with {self._process.returncode}: …{last}")


@contextmanager
def _reached(process: _Process, port: int) -> Iterator[Connection]:
    """Wait until the node listens, which nothing but trying tells."""
    until = time.monotonic() + START_SECONDS
    while not _listens(port):
        process.check()
        if time.monotonic() > until:
            raise RuntimeError(f"the node didn't listen within {START_SECONDS} s")
        time.sleep(0.1)
    with connected(_url(port)) as connection:
        yield connection


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _claim_balance(connection: Connection, chain_id: str) -> None:
    """Give init0 the initial balance by operation 37; the node itself serialises it."""
    balance = connection.call("database", "get_objects", ["1.15.0"])[0]["balance"]
    claim = [
        37,
        {
            "fee": _amount(0),
            "deposit_to_account": "1.2.6",
            "balance_to_claim": "1.15.0",
            "balance_owner_key": public_key(OWNER),
            "total_claimed": balance,
        },
    ]
    connection.await_block(1)
    unsigned = transaction(connection.head(), claim)
    packed = connection.call("database", "get_transaction_hex_without_sig", unsigned)
    digest = hashlib.sha256(bytes.fromhex(chain_id + packed)).digest()
    signature = sign(digest, secret_of(OWNER)).hex()
    whole = unsigned | {"signatures": [signature]}
    connection.call("network_broadcast", "broadcast_transaction_synchronous", whole)


def _share_balance(connection: Connection, chain_id: str) -> None:
    """Let init0 give the other witnesses but the last what they need to pay fees."""
    transfers = [
        [0, {"fee": _amount(FEE), "from": "1.2.6", "to": to, "amount": _amount(SHARE)}]
        for to in (f"1.2.{number}" for number in range(7, 12))
    ]
    change = signed(transaction(connection.head(), *transfers), chain_id, OWNER)
    connection.call("network_broadcast", "broadcast_transaction_synchronous", change)


def _amount(amount: int) -> dict[str, Any]:
    return {"amount": amount, "asset_id": CORE}


def _await_pay(connection: Connection) -> None:
    """Wait until every witness has been paid once."""
    ids = [f"1.6.{number}" for number in WITNESSES]
    until = time.monotonic() + START_SECONDS
    while not all("pay_vb" in found for found in connection.call("database", "get_objects", ids)):
        if time.monotonic() > until:
            raise RuntimeError(f"not every witness was paid within {START_SECONDS} s")
        connection.await_block(connection.head().number + 1)


def _free_ports(number: int) -> list[int]:
    probes = [socket.socket() for _ in range(number)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _url(port: int) -> str:
    return f"ws://127.0.0.1:{port}"
