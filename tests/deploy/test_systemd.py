"""The units are what systemd takes, are hardened, and start what there is."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from understudy.cli import app

FOLDER = Path(__file__).parents[2] / "deploy"
UNITS = sorted((FOLDER / "systemd").glob("*.service"))
INSTALLED = "/usr/local/bin/understudy"
MOST_EXPOSED = 15
"""In tenths, of a hundred: what is left are the addresses that a service must reach."""

ANALYZE = shutil.which("systemd-analyze")
analyzed = pytest.mark.skipif(ANALYZE is None, reason="there is no systemd-analyze on PATH")
PATIENCE = 30.0


def settings(unit: Path, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.fixture
def here(tmp_path: Path) -> list[Path]:
    """Return copies of the units that name a program of this machine."""
    copies = [tmp_path / unit.name for unit in UNITS]
    for unit, copy in zip(UNITS, copies, strict=True):
        copy.write_text(unit.read_text().replace(INSTALLED, shutil.which("true") or ""))
    return copies


@analyzed
def test_systemd_takes_the_units_without_a_remark(here: list[Path]) -> None:
    assert ANALYZE
    done = run(ANALYZE, "verify", "--man=no", *here)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@analyzed
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_exposes_little(unit: Path) -> None:
    assert ANALYZE
    done = run(ANALYZE, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_service_is_a_user_of_its_own_and_can_write_to_its_own_state_only(unit: Path) -> None:
    (user,) = settings(unit, "User")
    made = (FOLDER / "systemd" / "understudy.sysusers.conf").read_text()
    assert settings(unit, "DynamicUser") == ["yes"] or f"\nu {user} " in made
    assert [user] not in [settings(other, "User") for other in UNITS if other != unit]
    assert settings(unit, "ProtectSystem") == ["strict"]
    assert settings(unit, "ProtectHome") == ["yes"]
    assert settings(unit, "NoNewPrivileges") == ["yes"]
    assert settings(unit, "CapabilityBoundingSet") == [""]
    assert settings(unit, "ReadWritePaths") == settings(unit, "SupplementaryGroups") == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_a_command_that_there_is(unit: Path) -> None:
    (line,) = settings(unit, "ExecStart")
    program, name, *options = shlex.split(line.replace("$NODE_OPTIONS", ""))
    assert program == INSTALLED
    command: Any = typer.main.get_command(app)
    command.commands[name].make_context(name, options)


def test_the_options_that_a_node_is_shown_with_are_its_own() -> None:
    unit = FOLDER / "systemd" / "understudy-node.service"
    (shown,) = re.findall(r'^# Environment="NODE_OPTIONS=(.*)"$', unit.read_text(), re.MULTILINE)
    command: Any = typer.main.get_command(app)
    command.commands["node"].make_context("node", ["--database", "x", *shlex.split(shown)])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_service_is_started_again_however_it_ends_and_for_ever(unit: Path) -> None:
    assert settings(unit, "Restart") == ["always"]
    assert settings(unit, "StartLimitIntervalSec") == ["0"]


def test_the_switcher_gets_the_secrets_that_the_sample_names() -> None:
    unit = FOLDER / "systemd" / "understudy-switcher.service"
    sample = (FOLDER / "understudy.yaml").read_text()
    assert "signer: {key_file: active.key}" in sample
    assert "token_file: tokens" in sample
    given = dict(each.split(":") for each in settings(unit, "LoadCredential"))
    assert given == {name: f"/etc/understudy/{name}" for name in ("active.key", "tokens")}
    offered = {each.split(":")[0] for each in settings(unit, "# LoadCredential")}
    for name in ("database-password", "switcher-tls.crt", "switcher-tls.key"):
        assert name in sample
        assert name in offered


def test_the_journal_is_where_the_switcher_may_write() -> None:
    unit = FOLDER / "systemd" / "understudy-switcher.service"
    (folder,) = settings(unit, "StateDirectory")
    assert f'database: "sqlite:////var/lib/{folder}/' in (FOLDER / "understudy.yaml").read_text()


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("systemd-sysusers"), reason="makes a user, as root"
)
def test_the_switchers_user_is_made(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    file = FOLDER / "systemd" / "understudy.sysusers.conf"
    done = run("systemd-sysusers", f"--root={tmp_path}", file)
    assert done.returncode == 0, done.stderr
    assert "\nunderstudy:" in "\n" + (tmp_path / "etc" / "passwd").read_text()


def test_a_service_tells_systemd_once_it_listens(tmp_path: Path, free_port: int) -> None:
    configuration = tmp_path / "understudy.yaml"
    configuration.write_text(
        "bitshares: {nodes: [{name: away, url: 'ws://127.0.0.1:1'}]}\n"
        f"exporter: {{listen: '127.0.0.1:{free_port}'}}\n"
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)
        words = [sys.executable, "-m", "understudy", "exporter", "--config", str(configuration)]
        environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}
        with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL) as service:
            try:
                assert systemd.recv(100) == b"READY=1"
                socket.create_connection(("127.0.0.1", free_port)).close()
            finally:
                service.terminate()
