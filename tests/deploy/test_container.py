"""The container image: what a builder would be given, as far as that can be told without one."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.deploy.stranger import ROOT

FILE = ROOT / "deploy" / "Containerfile"


def instructions() -> list[tuple[str, str]]:
    """Return each instruction and the rest of its line, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", FILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found = (line.partition(" ") for line in text.splitlines() if line.strip())
    return [(name, rest.strip()) for name, _, rest in found]


def of(name: str) -> list[str]:
    return [rest for each, rest in instructions() if each == name]


def copied() -> list[tuple[list[str], str]]:
    """Return sources and target of each copy out of the project."""
    words = [shlex.split(rest) for rest in of("COPY") if not rest.startswith("--from")]
    return [(each[:-1], each[-1]) for each in words]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """Copy what the builder would copy, from what .dockerignore lets through."""
    kept = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    for sources, target in copied():
        for source in sources:
            assert source in kept, f".dockerignore keeps {source} from the builder"
            there = tmp_path / target / ("" if (ROOT / source).is_dir() else Path(source).name)
            there.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "secrets", "state", ".env")
                shutil.copytree(ROOT / source, there, ignore=ignored)
            else:
                shutil.copy(ROOT / source, there)
    return tmp_path


def test_the_image_is_built_of_the_same_files_as_the_wheel(context: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d"]
    subprocess.run([*build, str(context / "a")], check=True, capture_output=True, cwd=context)
    subprocess.run([*build, str(context / "b")], check=True, capture_output=True, cwd=ROOT)
    (ours,), (usual,) = (context / "a").glob("*.whl"), (context / "b").glob("*.whl")
    with zipfile.ZipFile(ours) as one, zipfile.ZipFile(usual) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())


def test_packages_are_those_that_are_locked_by_their_hashes() -> None:
    installs = [
        part.split() for rest in of("RUN") for part in rest.split("&&") if part.split()[0] == "pip"
    ]
    assert installs
    for words in installs:
        assert "--require-hashes" in words or "--no-index" in words
        if "--require-hashes" in words:
            assert words[words.index("-r") + 1] in {
                "requirements/build.txt",
                "requirements/run.txt",
            }


def test_it_runs_as_a_user_who_is_not_root_by_number() -> None:
    user, group = of("USER")[-1].split(":")
    assert int(user) > 0
    assert int(group) > 0
    last = [name for name, _ in instructions()][-4:]
    assert "USER" not in last


def test_the_base_image_is_a_version_that_the_project_supports() -> None:
    (base,) = [rest.removeprefix("PYTHON=") for rest in of("ARG")]
    found = re.fullmatch(r"python:(\d+\.\d+)\.\d+-slim-bookworm", base)
    assert found
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"Programming Language :: Python :: {found[1]}" in project["classifiers"]
    assert {rest.split()[0] for rest in of("FROM")} == {"${PYTHON}"}


def test_its_health_is_asked_and_it_begins_with_the_exporter() -> None:
    (check,) = of("HEALTHCHECK")
    assert check.endswith('CMD ["understudy", "healthy"]')
    assert of("ENTRYPOINT") == ['["understudy"]']
    assert of("CMD") == ['["exporter"]']


def test_nothing_secret_goes_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    for own in ("secrets", "state", ".env", "understudy.yaml"):
        assert f"deploy/compose/{own}" in lines
        assert f"deploy/compose/{own}" in {line.rstrip("/") for line in ignored}
