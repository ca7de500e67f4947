"""The built file has all that is needed, nothing else, and works for a stranger."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

import understudy
from tests.deploy.stranger import ROOT, Stranger, locked

PACKAGES = (
    *("chains", "serving", "storing", "exporter", "switcher", "peernode", "devnet"),
    "understudy",
)
DATA = ("alertmanager", "grafana", "deploy")
LAST_WORDS = 20.0


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("built")
    words = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(words, check=True, capture_output=True, cwd=ROOT)
    return folder


@pytest.fixture
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


def files(folder: str) -> set[str]:
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in found if path.suffix != ".pyc"}


def shipped(folder: str) -> set[str]:
    """Return a folder's files but for what writes or tests them."""
    found = {path for path in files(folder) if not path.endswith(".py")}
    return {path for path in found if not path.startswith(f"{folder}/tests/")}


def test_the_wheel_has_the_packages_and_their_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    about = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    expected = {path for package in PACKAGES for path in files(package)}
    expected |= {f"understudy/data/{path}" for folder in DATA for path in shipped(folder)}
    assert names - about == expected
    assert {name.partition("/")[2] for name in about} == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"),
    }


def test_neither_tests_nor_measurements_are_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        parts = {part for name in archive.namelist() for part in name.split("/")}
    assert not parts & {"tests", "bench", "conftest.py", "fixtures"}


def test_the_same_wheel_comes_of_the_source_distribution(built: Path, tmp_path: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    # Not by tarfile: Debian 12's Python doesn't know its argument `filter`, which later ones want.
    subprocess.run(["tar", "-xzf", str(source), "-C", str(tmp_path)], check=True)
    (unpacked,) = tmp_path.iterdir()
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(words, check=True, capture_output=True, cwd=unpacked)
    (again,) = tmp_path.glob("*.whl")
    (first,) = built.glob("*.whl")
    with zipfile.ZipFile(again) as one, zipfile.ZipFile(first) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())


def test_every_dependency_of_the_wheel_is_locked() -> None:
    named = {line.partition("==")[0].partition("[")[0].lower() for line in locked()}
    assert {"bitshares", "fastapi", "psycopg", "typer"} <= named
    assert all("==" in line for line in locked())


@contextmanager
def running(stranger: Stranger) -> Iterator[dict[str, str]]:
    """Run the whole stack from what was installed; yields the addresses that it tells."""
    words = [str(stranger.bin / "understudy"), "run", "--json"]
    with subprocess.Popen(
        words, env=stranger.environment, cwd=stranger.home, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout
        try:
            yield json.loads(run.stdout.readline())
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(LAST_WORDS)


def answer(address: str, **headers: str) -> httpx.Response:
    return httpx.get(address, headers=headers, trust_env=False, timeout=LAST_WORDS)


@pytest.mark.stack
def test_a_stranger_installs_it_with_pipx_and_has_all_of_it(wheel: Path, tmp_path: Path) -> None:
    stranger = Stranger(tmp_path)
    stranger.install(wheel)

    told = stranger.call("--version")
    assert (told.returncode, told.stdout) == (0, f"understudy {understudy.__version__}\n")
    assert "switcher" in stranger.call("--help").stdout

    bench = stranger.call("bench", "live")
    assert bench.returncode == 1
    assert bench.stderr == (
        "understudy: The benchmarks come with the source only: run make bench.\n"
    )

    copied = stranger.call("files", "mine")
    assert copied.returncode == 0, copied.stderr
    rules = tmp_path / "mine" / "alertmanager" / "rules" / "actions.yml"
    assert rules.read_bytes() == (ROOT / "alertmanager" / "rules" / "actions.yml").read_bytes()

    shutil.copy(tmp_path / "mine" / "deploy" / "understudy.yaml", tmp_path)
    checked = stranger.call("check", "--offline")
    assert checked.returncode == 2
    assert "must be a public key that begins with BTS" in checked.stderr

    with running(stranger) as addresses:
        assert 'bitshares_node_up{node="eu"}' in answer(addresses["exporter"] + "/metrics").text
        token = Path(addresses["token"]).read_text().strip()
        page = answer(addresses["switcher"] + "/", authorization=f"Bearer {token}")
        assert page.status_code == 200
        files_of_the_page = re.findall(r'(?:href|src)="/?(static/[^"]+)"', page.text)
        assert any(name.endswith(".css") for name in files_of_the_page)
        for name in files_of_the_page:
            assert answer(f"{addresses['switcher']}/{name}").status_code == 200
        loaded: Any = answer(addresses["prometheus"] + "/api/v1/rules").json()["data"]["groups"]
    names = {rule["name"] for group in loaded for rule in group["rules"]}
    written = yaml.safe_load(rules.read_text())["groups"][0]["rules"]
    assert {rule["alert"] for rule in written if "alert" in rule} <= names
