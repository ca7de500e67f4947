"""A devnet with four rings and one switcher on it, each a process, and commands as processes.

Blocks come every second and an order takes a dozen of them or more. So the four long orders are all
given at the start, and the tests wait for those that they are about.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import yaml

from devnet.keys import DevKey
from switcher.auth import Scope, new_token
from tests.understudy.commands import Result
from understudy.stack import free_ports

PATIENCE = 100.0
HANDED_OVER, INTERRUPTED, SHAKY, SOUND = "init0", "init1", "init2", "init3"
"""The witnesses: one is rotated, one rotated while nobody watches, two are drilled."""

DEAD, DEAF = "init2-beta", "init2-gamma"
"""The hosts of the shaky witness: one is down, one is up and holds another key than configured."""


@dataclass
class Command:
    """An `understudy` command that runs as a process of its own."""

    process: subprocess.Popen[str]

    @cached_property
    def result(self) -> Result:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return Result(self.process.returncode, out, err)


@dataclass
class Playhouse:
    """The running devnet and switcher. `tokens` by scope; `orders` are those given at the start."""

    folder: Path
    devnet: Mapping[str, Any]
    tokens: dict[Scope, str]
    address: str
    orders: dict[str, Command] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "understudy.yaml"

    def get(self, path: str) -> Any:
        """Return what the switcher answers."""
        headers = {"Authorization": f"Bearer {self.tokens[Scope.READ]}"}
        answer = httpx.get(f"{self.address}{path}", headers=headers, timeout=15)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def witness(self, account: str) -> Any:
        """Return what the switcher's status says of a witness."""
        return next(w for w in self.get("/api/status")["witnesses"] if w["witness"] == account)

    def missed(self, account: str) -> int:
        """Return how many slots a witness has missed, as a node counts them."""
        node = self.devnet["configuration"]["bitshares"]["nodes"][0]["url"]
        call = {"id": 1, "method": "call", "params": [0, "get_witness_by_account", [account]]}
        answer = httpx.post(node.replace("ws://", "http://"), json=call)
        return int(answer.json()["result"]["total_missed"])

    def command(self, *words: str) -> Command:
        """Start a command."""
        return Command(
            subprocess.Popen(
                self._line(words),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=_ENVIRONMENT,
            )
        )

    def on_terminal(self, *words: str, typed: str = "", interrupt_at: str = "") -> Result:
        """Run a command on a terminal, and return what was to be seen there.

        `typed` is entered at its question; it gets Ctrl-C as soon as it shows `interrupt_at`.
        """
        master, slave = pty.openpty()
        process = subprocess.Popen(
            self._line(words), stdin=slave, stdout=slave, stderr=slave, env=_ENVIRONMENT
        )
        os.close(slave)
        try:
            return _play(process, master, typed, interrupt_at)
        finally:
            os.close(master)
            process.kill()
            process.wait()

    def _line(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "understudy", *words, "--config", str(self.config)]


_ENVIRONMENT = {**os.environ, "COLUMNS": "200", "TERM": "xterm"}


def _play(process: subprocess.Popen[bytes], master: int, typed: str, interrupt_at: str) -> Result:
    seen, deadline = b"", time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not select.select([master], [], [], 1)[0]:
            continue
        try:
            told = os.read(master, 4096)
        except OSError:  # how a terminal ends on which nobody is left
            break
        if not told:
            break
        seen += told
        if typed and b"[y/N]: " in seen:
            os.write(master, typed.encode())
            typed = ""
        if interrupt_at and interrupt_at.encode() in seen:
            process.send_signal(signal.SIGINT)
            interrupt_at = ""
    return Result(process.wait(10), _plain(seen.decode()), "")


def _plain(seen: str) -> str:
    """Return what a terminal shows without what moves its cursor or colours it."""
    lines = re.sub(r"\x1b\[[0-9;?]*m", "", re.sub(r"\x1b\[[0-9;?]*[A-Zhl]", "\n", seen))
    return "\n".join(line for line in lines.replace("\r", "\n").splitlines() if line.strip())


@contextlib.contextmanager
def playhouse(folder: Path) -> Iterator[Playhouse]:
    """Start everything, and give the orders."""
    devnet = start("devnet", "--rings", "4", "--prehistory", "60", "--port", "0", "--json")
    with ended(devnet):
        assert devnet.stdout
        told = json.loads(devnet.stdout.readline())
        house = furnished(folder, told)
        control = told["control"]
        httpx.post(f"{control}/faults/kill", json={"host": DEAD}).raise_for_status()
        switcher = start("switcher", "--config", str(house.config), log=folder / "log")
        with ended(switcher), contextlib.ExitStack() as stack:
            wait_for(house, switcher)
            for account, words in _ORDERS.items():
                house.orders[account] = house.command(*words)
                stack.enter_context(ended(house.orders[account].process))
            yield house


_ORDERS = {
    HANDED_OVER: ("rotate", HANDED_OVER, "--to", "gamma", "--why", "new disk", "--yes"),
    SHAKY: ("drill", SHAKY, "--yes"),
    SOUND: ("drill", SOUND, "--yes", "--json"),
}


def furnished(folder: Path, devnet: dict[str, Any]) -> Playhouse:
    """Write the switcher's files and return the playhouse."""
    tokens = {scope: new_token(scope, f"the-{scope}") for scope in Scope}
    owner_only(folder / "tokens", "".join(line for _, line in tokens.values()))
    for scope, (token, _) in tokens.items():
        owner_only(folder / f"{scope}-token", token)
    owner_only(folder / "active.key", "\n".join(devnet["active_keys"].values()))
    document = json.loads(json.dumps(devnet["configuration"]))
    for witness in document["bitshares"]["witnesses"]:
        for producer in witness["producers"]:
            if producer["name"] == DEAF:
                producer["signing_key"] = DevKey("held by no host").text("BTS")
    (port,) = free_ports(1)
    document["switcher"] = {
        "listen": f"127.0.0.1:{port}",
        "token_file": "tokens",
        "client_token_file": "operate-token",
        "database": "sqlite:///understudy.db",
        "signer": {"key_file": "active.key"},
        "policy": {"arm": True},
    }
    (folder / "understudy.yaml").write_text(yaml.safe_dump(document))
    plain = {scope: token for scope, (token, _) in tokens.items()}
    return Playhouse(folder, devnet, plain, f"http://127.0.0.1:{port}")


def owner_only(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_text(text)


def start(*words: str, log: Path | None = None) -> subprocess.Popen[str]:
    """Start a command that stays."""
    with (log or Path(os.devnull)).open("a") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "understudy", *words],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )


def wait_for(house: Playhouse, switcher: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and switcher.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{house.address}/readyz").status_code == httpx.codes.OK:
                return
        time.sleep(0.1)
    raise AssertionError((house.folder / "log").read_text())


@contextlib.contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Have a process end with a block of code."""
    try:
        yield
    finally:
        with process:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
