"""One real node as a process: its configuration files, its start and its end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .signing import public_key, wif

START_SECONDS = 60
LOGGING = """\
[log.console_appender.stderr]
stream=std_error
[logger.default]
level=warn
appenders=stderr
"""


@dataclass(frozen=True)
class NodePlan:
    """What a node is to be.

    `apis` are the ones that everybody may use, None for what a node opens without an access file.
    A node with `peer` (a peer-to-peer port) follows that one; without, it begins the chain by
    itself. `witnesses` are ids, `keys` the names of the test keys that it signs with.
    """

    program: Path
    folder: Path
    genesis: Path
    rpc_port: int
    p2p_port: int
    apis: Sequence[str] | None = None
    peer: int | None = None
    witnesses: Sequence[str] = ()
    keys: Sequence[str] = ()

    def write(self) -> None:
        """Write the files that the node reads."""
        self.folder.mkdir()
        if self.apis is not None:
            self._access_file.write_text(json.dumps(_access(self.apis)))
        (self.folder / "config.ini").write_text("\n".join(self._config()) + "\n")
        (self.folder / "logging.ini").write_text(LOGGING)

    @property
    def _access_file(self) -> Path:
        return self.folder / "api-access.json"

    def _config(self) -> list[str]:
        seeds = [] if self.peer is None else [f"127.0.0.1:{self.peer}"]
        return [
            f"p2p-endpoint = 127.0.0.1:{self.p2p_port}",
            "p2p-advertise-peer-algorithm = nothing",
            f"seed-nodes = {json.dumps(seeds)}",
            f"rpc-endpoint = 127.0.0.1:{self.rpc_port}",
            f"genesis-json = {self.genesis}",
            "plugins = witness account_history market_history grouped_orders "
            "api_helper_indexes custom_operations",
            *([] if self.apis is None else [f"api-access = {self._access_file}"]),
            *([] if seeds else ["enable-stale-production = true"]),
            *(f'witness-id = "{witness}"' for witness in self.witnesses),
            *(f"private-key = {json.dumps([public_key(name), wif(name)])}" for name in self.keys),
        ]


def _access(apis: Sequence[str]) -> dict[str, Any]:
    everybody = {"password_hash_b64": "*", "password_salt_b64": "*", "allowed_apis": list(apis)}
    return {"permission_map": [["*", everybody]]}


@contextmanager
def started(plan: NodePlan) -> Iterator[None]:
    """Run a node, which listens when this returns, until the context ends.

    Raises:
        RuntimeError: the node ended or did not listen; with the end of its log.
    """
    plan.write()
    log = plan.folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [plan.program, "--data-dir", plan.folder],
            stdout=output,
            stderr=output,
            cwd=plan.folder,
            env={**os.environ, "HOME": str(plan.folder)},
        )
    try:
        _await_listening(process, plan.rpc_port, log)
        yield
    finally:
        process.kill()  # nothing that it would save on an orderly end is needed
        process.wait()


def _await_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the node listens, which nothing but trying tells."""
    until = time.monotonic() + START_SECONDS
    while not _listens(port):
        if process.poll() is not None or time.monotonic() > until:
            last = log.read_text(errors="replace")[-2000:]
            state = process.returncode if process.returncode is not None else "running"
            raise RuntimeError(f"the node does not listen, it is {state}: …{last}")
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(number: int) -> list[int]:
    """Return ports that nobody listens on."""
    probes = [socket.socket() for _ in range(number)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def url(port: int) -> str:
    """Return where clients connect."""
    return f"ws://127.0.0.1:{port}"
