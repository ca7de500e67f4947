"""A devnet as a process of its own, for commands that ask live nodes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ACCOUNT = "init0"


@dataclass(frozen=True)
class RunningDevnet:
    """Its control address, its configuration's section `bitshares`, and init0's active key."""

    control: str
    bitshares: dict[str, Any]
    active_key: str

    @property
    def nodes(self) -> list[str]:
        return [node["url"] for node in self.bitshares["nodes"]]

    @property
    def hosts(self) -> list[dict[str, str]]:
        ring: list[dict[str, str]] = self.bitshares["witnesses"][0]["producers"]
        return ring

    def told(self) -> list[str]:
        """Return the options of `understudy init` that tell of its nodes, witness and hosts."""
        nodes = [word for url in self.nodes for word in ("--node", url)]
        hosts = [f"{h['name']}={h['signing_key']}@{h['node']}" for h in self.hosts]
        return [*nodes, "--witness", ACCOUNT, *(word for h in hosts for word in ("--host", h))]

    def ask(self, *params: Any) -> Any:
        """Return what a node answers to a call."""
        call = {"id": 1, "method": "call", "params": [0, *params]}
        answer = httpx.post(self.nodes[0].replace("ws://", "http://"), json=call)
        return answer.json()["result"]


@contextmanager
def running_devnet(*options: str) -> Iterator[RunningDevnet]:
    """Run a devnet."""
    words = ("devnet", "--port", "0", "--json", "--log-level", "error", *options)
    with (
        Path(os.devnull).open("w") as nowhere,
        subprocess.Popen(
            [sys.executable, "-m", "understudy", *words],
            stdout=subprocess.PIPE,
            stderr=nowhere,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout
            told = json.loads(process.stdout.readline())
            bitshares = told["configuration"]["bitshares"]
            yield RunningDevnet(told["control"], bitshares, told["active_keys"][ACCOUNT])
        finally:
            process.terminate()
