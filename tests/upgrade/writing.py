"""What an earlier commit leaves behind: its own programs run on its own devnet, and are killed.

    git clone . /tmp/then && git -C /tmp/then checkout COMMIT
    python -m tests.upgrade.writing /tmp/then

The last act is a rotation that is broadcast and in no block yet when the switcher dies. Nothing of
the code of now runs but this file, PostgreSQL, and what it needs to drive the rest from outside.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from bench.postgresql import Cluster
from understudy.stack.ports import free_ports

FIXTURES = Path(__file__).parent.parent / "fixtures" / "upgrade"
HOME = "/var/lib/understudy"
"""What stands in configurations for the folder in which they were written."""

FIRST_ON_POSTGRESQL = "0003"

_WITNESS = "init0"
_SECONDS = 240.0


class Then:
    """A checkout of an earlier commit, and what it can do."""

    def __init__(self, checkout: Path) -> None:
        self._environment = {**os.environ, "PYTHONPATH": str(checkout), "COLUMNS": "200"}
        self._environment.pop("UNDERSTUDY_CONFIG", None)
        self._checkout = checkout
        git = ["git", "-C", str(checkout), "log", "-1", "--format=%h", "--abbrev=7"]
        self.commit = subprocess.check_output(git, text=True).strip()
        tables = [
            *checkout.glob("switcher/tables.py"),
            *checkout.glob("switcher/journal/tables.py"),
            *checkout.glob("switcher/store.py"),
        ]
        found = re.search(
            r'^(?:SCHEMA_VERSION|REVISION) = "?(\d+)',
            "\n".join(p.read_text() for p in tables),
            re.M,
        )
        assert found, f"{checkout} tells no version of its tables"
        self.schema = f"{int(found[1]):04d}"

    def knows(self, command: str, option: str = "--help") -> bool:
        """Tell whether it has a command, and an option of it."""
        return option in self.run(command, "--help", check=False)

    def run(self, *words: str, check: bool = True, given: str = "") -> str:
        """Run a command to its end and return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "understudy", *words],
            check=False,
            cwd=self._checkout,
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Run a service; it is killed at the end."""
        with subprocess.Popen(
            [sys.executable, "-m", "understudy", *words],
            cwd=self._checkout,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


class Scene:
    """One switcher of then in a folder, and the devnet that it looks after."""

    def __init__(self, then: Then, told: dict[str, Any], folder: Path, database: str) -> None:
        self._then, self._told, self.folder = then, told, folder
        listen, replica, exporter = (f"127.0.0.1:{port}" for port in free_ports(3))
        self.document = {
            **told["configuration"],
            "exporter": {"listen": exporter},
            "switcher": {
                "listen": listen,
                "token_file": f"{folder}/tokens",
                "client_token_file": f"{folder}/operate-token",
                "database": database,
                "signer": {
                    "wallet": {
                        "path": f"{folder}/wallet.sqlite",
                        "passphrase_file": f"{folder}/word",
                    }
                },
                "policy": {"missed_blocks": 1, "cool_down": "1s", "arm": True},
            },
        }
        if "peers" in self.document:
            self.document["peers"] |= {
                "listen": replica,
                "advertise": f"http://{replica}",
                "proof": "pair",
                "database": f"sqlite:///{folder}/peers.db",
            }
        self._url = f"http://{listen}"
        self.configuration = folder / "understudy.yaml"
        self.configuration.write_text(yaml.safe_dump(self.document, sort_keys=False))
        self._secrets()
        first = told["configuration"]["bitshares"]["witnesses"][0]
        self.keys = {host["name"]: host["signing_key"] for host in first["producers"]}

    def _secrets(self) -> None:
        word = self.folder / "word"
        word.touch(mode=0o600)
        word.write_text("not a secret\n")
        config = ("--config", str(self.configuration))
        self._then.run("wallet", "init", *config)
        self._then.run("wallet", "add", *config, given=self._told["active_keys"][_WITNESS] + "\n")
        for scope in ("alerts", "operate", "read"):
            words = ("token", "new", "--scope", scope, "--name", f"the-{scope}", *config)
            kept = self.folder / f"{scope}-token"
            kept.touch(mode=0o600)
            kept.write_text(self._then.run(*words))

    def play(self, *, orders: bool) -> None:
        """Rotate for an alert, drill and rotate by hand, and die with a rotation under way.

        Without `orders`, which take minutes, nothing is done by hand.
        """
        config = ("--config", str(self.configuration))
        then = self._then
        with then.running("switcher", *config):
            _until(self._ready)
            self.post(_alert("Watchdog", severity="none"), _accusing(self.keys["alpha"]))
            self.fault("kill", {"host": "alpha"})
            self._until_told("on_air", 1, accused="alpha")
            self.fault("heal", {})
            if orders and then.knows("rotate"):
                then.run("disarm", _WITNESS, "--why", "moving", *config)
                yes = ("--yes",) if then.knows("arm", "--yes") else ()
                then.run("arm", _WITNESS, "--why", "moved", *yes, *config)
                _until(lambda: self._drilled(config))
                _until(lambda: self._rotated_by_hand(config))
            if "peers" in self.document:
                self.post(
                    _alert("PeerChainBehind", action="resolve_chain", peer="nobody"),
                    _alert("NodeForked", action="resolve_chain", node="api1"),
                )
                _until(
                    lambda: (
                        [e["value"] for e in self._told_of("opened")].count("resolve_chain") == 2
                    )
                )
            host = self._on_air()
            self.fault("kill", {"host": host})
            self._until_told("sent", len(self._steps("sent")) + 1, accused=host)

    def _drilled(self, config: Sequence[str]) -> bool:
        told = self._then.run("drill", _WITNESS, "--yes", "--json", *config, check=False)
        print(told, file=sys.stderr)
        return any(entry["value"] == "drilled" for entry in self._told_of("ended"))

    def _rotated_by_hand(self, config: Sequence[str]) -> bool:
        words = ("rotate", _WITNESS, "--to", "gamma", "--yes", "--json", "--why", "to be sure")
        self._then.run(*words, *config, check=False)
        return self._on_air() == "gamma"

    def _until_told(self, step: str, times: int, *, accused: str) -> None:
        def look() -> bool:
            self.post(_accusing(self.keys[accused]))
            return len(self._steps(step)) >= times

        _until(look)

    def _steps(self, value: str) -> list[dict[str, Any]]:
        return [entry for entry in self._told_of("step") if entry["value"] == value]

    def _told_of(self, kind: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self._url}/api/journal?limit=1000", headers=self._bearer("read"))
        return [entry for entry in answer.json()["entries"] if entry["kind"] == kind]

    def _on_air(self) -> str:
        sent = max(self._steps("broadcast"), key=lambda entry: int(entry["id"]))
        return str(sent["details"]["producer"])

    def fault(self, name: str, arguments: dict[str, Any]) -> None:
        """Break the devnet."""
        httpx.post(f"{self._told['control']}/faults/{name}", json=arguments).raise_for_status()

    def post(self, *alerts: dict[str, Any]) -> None:
        """Post alerts as Alertmanager does."""
        body = {
            "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing",
            "receiver": "switcher", "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
            "externalURL": "http://alertmanager", "alerts": list(alerts),
        }  # fmt: skip
        answer = httpx.post(f"{self._url}/alerts", json=body, headers=self._bearer("alerts"))
        answer.raise_for_status()

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self._url}/readyz").is_success
        except httpx.HTTPError:
            return False

    def _bearer(self, scope: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {(self.folder / f'{scope}-token').read_text().strip()}"}


def _accusing(key: str) -> dict[str, Any]:
    return _alert(
        "WitnessMissingBlocks", action="rotate_signing_key", witness=_WITNESS, signing_key=key
    )


def _alert(name: str, **labels: str) -> dict[str, Any]:
    told = {"alertname": name, "severity": "critical", **labels}
    return {
        "status": "firing",
        "labels": told,
        "annotations": {"summary": "For later versions."},
        "startsAt": "2026-11-21T08:26:05.123Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16],
    }


def _until(look: Callable[[], object]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not look():
        assert time.monotonic() < deadline, "it does not come to that"
        time.sleep(0.02)


@contextmanager
def _devnet(then: Then) -> Iterator[dict[str, Any]]:
    port = str(free_ports(1)[0])
    peers = ("--peers", "2") if then.knows("devnet", "--peers") else ()
    words = ("devnet", "--port", port, "--json", "--prehistory", "60", *peers)
    # Slow enough for a machine that is busy with other things.
    words += ("--witnesses", "5", "--interval", "2")
    with then.running(*words, "--log-level", "error") as process:
        assert process.stdout
        yield json.loads(process.stdout.readline())


def _sqlite(path: Path) -> str:
    with sqlite3.connect(path) as db:
        told = "\n".join(db.iterdump())
    db.close()
    return told + "\n"


def _postgresql(cluster: Cluster, name: str) -> str:
    words = ["pg_dump", "--no-owner", "--no-privileges", "--inserts", "--no-comments"]
    words += ["--host", "127.0.0.1", "--port", str(cluster.port), "--username", "understudy", name]
    told = subprocess.check_output(words, text=True).splitlines()
    # What only psql understands is of no use to a driver; where sequences stand counts.
    settings = ("--", "\\", "SET ", "SELECT pg_catalog.set_config")
    kept = (line for line in told if line and not line.startswith(settings))
    return "\n".join(kept) + "\n"


def write(then: Then) -> None:
    """Write what a commit leaves behind into the fixtures."""
    name = f"{then.schema}-{then.commit}"
    FIXTURES.mkdir(exist_ok=True, parents=True)
    with tempfile.TemporaryDirectory() as made, _devnet(then) as told:
        home = Path(made)
        scene = Scene(then, told, home, f"sqlite:///{home}/understudy.db")
        scene.play(orders=True)
        _keep(scene, name)


def write_postgresql(then: Then) -> None:
    """Write what a commit leaves behind in PostgreSQL."""
    with tempfile.TemporaryDirectory() as made, Cluster(Path(made) / "postgresql") as cluster:
        home = Path(made) / "home"
        home.mkdir()
        with _devnet(then) as told:
            Scene(then, told, home, cluster.create_database("then")).play(orders=False)
        dump = FIXTURES / f"{then.schema}-{then.commit}.postgresql.sql"
        dump.write_text(_postgresql(cluster, "then"))


def _keep(scene: Scene, name: str) -> None:
    """Keep the files of a switcher: journal, replica, configuration, tokens, wallet."""
    (FIXTURES / f"{name}.sqlite.sql").write_text(_sqlite(scene.folder / "understudy.db"))
    if (scene.folder / "peers.db").exists():
        (FIXTURES / f"{name}.peers.sql").write_text(_sqlite(scene.folder / "peers.db"))
    config = scene.configuration.read_text().replace(str(scene.folder), HOME)
    (FIXTURES / f"{name}.yaml").write_text(config)
    shutil.copy(scene.folder / "tokens", FIXTURES / f"{name}.tokens")
    shutil.copy(scene.folder / "read-token", FIXTURES / f"{name}.read-token")
    (FIXTURES / f"{name}.wallet.sql").write_text(_sqlite(scene.folder / "wallet.sqlite"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    commit = Then(parser.parse_args().checkout.resolve())
    write(commit)
    if commit.schema >= FIRST_ON_POSTGRESQL:
        write_postgresql(commit)
