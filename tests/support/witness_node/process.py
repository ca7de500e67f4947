"""One real node as a process: its configuration files, its start and its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.stack import tether

from .signing import public_key, wif

APIS = (
    *("database_api", "network_broadcast_api", "history_api", "block_api", "network_node_api"),
    *("asset_api", "orders_api", "custom_operations_api"),
)
"""As on the recorded network: neither debug nor crypto."""

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
    A node with `peers` (peer-to-peer ports) calls those, and no others; the one that `begins` the
    chain produces by itself. `witnesses` are ids, `keys` the names of the test keys that it signs
    with.
    """

    program: Path
    folder: Path
    genesis: Path
    rpc_port: int
    p2p_port: int
    apis: Sequence[str] | None = None
    peers: Sequence[int] = ()
    begins: bool = False
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
    def log(self) -> Path:
        """The file that takes what it prints."""
        return self.folder / "log"

    @property
    def _access_file(self) -> Path:
        return self.folder / "api-access.json"

    def _config(self) -> list[str]:
        seeds = [f"127.0.0.1:{peer}" for peer in self.peers]
        return [
            f"p2p-endpoint = 127.0.0.1:{self.p2p_port}",
            "p2p-inbound-endpoint = 0.0.0.0:0",  # or whom it calls would call back
            "p2p-advertise-peer-algorithm = nothing",
            "p2p-connect-to-new-peers = false",
            f"seed-nodes = {json.dumps(seeds)}",
            f"rpc-endpoint = 127.0.0.1:{self.rpc_port}",
            f"genesis-json = {self.genesis}",
            "plugins = witness account_history market_history grouped_orders "
            "api_helper_indexes custom_operations",
            *([] if self.apis is None else [f"api-access = {self._access_file}"]),
            *(["enable-stale-production = true"] if self.begins else []),
            *(f'witness-id = "{witness}"' for witness in self.witnesses),
            *(f"private-key = {json.dumps([public_key(name), wif(name)])}" for name in self.keys),
        ]


def _access(apis: Sequence[str]) -> dict[str, Any]:
    everybody = {"password_hash_b64": "*", "password_salt_b64": "*", "allowed_apis": list(apis)}
    return {"permission_map": [["*", everybody]]}


class NodeProcess:
    """A node that can be started, killed, stopped in its tracks and let go on; it ends with us.

    Start it from the main thread: the kernel ends it when the thread that started it ends.
    """

    def __init__(self, plan: NodePlan) -> None:
        self.plan = plan
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; `listens` tells when it answers."""
        plan = self.plan
        with plan.log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-IS", tether.__file__, str(os.getpid())),
                    *(plan.program, "--data-dir", plan.folder),
                ],
                stdout=output,
                stderr=output,
                cwd=plan.folder,
                env={**os.environ, "HOME": str(plan.folder)},
            )

    @property
    def running(self) -> bool:
        """Whether it runs, or stands still."""
        return self._process is not None and self._process.poll() is None

    def listens(self) -> bool:
        """Tell whether it answers by now.

        Raises:
            RuntimeError: it has ended; with the end of its log.
        """
        if self._process is None or self._process.poll() is not None:
            status = self._process.returncode if self._process else "not started"
            raise RuntimeError(f"the node does not listen, it is {status}: …{self.tail()}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.plan.rpc_port)) == 0

    def kill(self) -> None:
        """End it as by SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, such as SIGSTOP."""
        assert self._process is not None
        self._process.send_signal(number)

    def tail(self) -> str:
        """Return the end of its log."""
        return self.plan.log.read_text(errors="replace")[-2000:]


@contextmanager
def started(plan: NodePlan) -> Iterator[None]:
    """Run a node, which listens when this returns, until the context ends.

    Raises:
        RuntimeError: the node ended or did not listen; with the end of its log.
    """
    plan.write()
    node = NodeProcess(plan)
    node.start()
    try:
        until = time.monotonic() + START_SECONDS
        while not node.listens():
            if time.monotonic() > until:
                raise RuntimeError(f"the node runs and does not listen: …{node.tail()}")
            time.sleep(0.1)
        yield
    finally:
        node.kill()  # nothing that it would save on an orderly end is needed


def url(port: int) -> str:
    """Return where clients connect."""
    return f"ws://127.0.0.1:{port}"
