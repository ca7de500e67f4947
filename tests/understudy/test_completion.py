"""What a shell completes, asked of the real bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.understudy.commands import CommandLine

_ASKED = """\
source "$SCRIPT"
read -r -a COMP_WORDS <<< "$1"
[[ $1 == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_understudy_completion understudy
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def shell(config: Path, run: CommandLine) -> Path:
    """Return a folder with a configuration, our command, and its completion script."""
    folder = config.parent
    command = folder / "understudy"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m understudy "$@"\n')
    command.chmod(0o755)
    (folder / "script").write_text(run("completion", "bash").out)
    return folder


def completed(shell: Path, line: str) -> list[str]:
    """Return what bash offers after a line."""
    path = f"{shell}{os.pathsep}{os.environ['PATH']}"
    bash = shutil.which("bash")
    assert bash
    answer = subprocess.run(
        [bash, "--norc", "-c", _ASKED, "bash", line],
        cwd=shell,
        env={**os.environ, "PATH": path, "SCRIPT": str(shell / "script")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stderr == ""
    return answer.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("understudy sta", ["status"]),
        ("understudy wallet ", ["init", "add", "list", "remove", "destroy"]),
        ("understudy rotate ", ["init0"]),
        ("understudy rotate init0 --to ", ["alpha", "beta"]),
        ("understudy rotate init0 --to b", ["beta"]),
        ("understudy resolve ", ["eu"]),
        ("understudy status --wa", ["--watch"]),
        ("understudy completion z", ["zsh"]),
    ],
)
def test_words_are_completed(shell: Path, line: str, offered: list[str]) -> None:
    assert completed(shell, line) == offered


@pytest.mark.parametrize("text", ["bitshares: [", "bitshares: {witnesses: 7}", "\0", "- 1"])
def test_a_file_that_cannot_be_read_only_offers_nothing(shell: Path, text: str) -> None:
    (shell / "understudy.yaml").write_text(text)
    assert completed(shell, "understudy rotate ") == []


def test_names_come_from_the_file_that_is_named(shell: Path) -> None:
    (shell / "understudy.yaml").rename(shell / "other.yaml")
    assert completed(shell, "understudy rotate ") == []
    assert completed(shell, "understudy rotate -c other.yaml ") == ["init0"]


def test_completing_loads_nothing_that_takes_long(shell: Path) -> None:
    asked = "import sys, understudy.cli as c\ntry: c.main([])\nexcept SystemExit: pass\n"
    told = f"{asked}print(*sys.modules, file=sys.stderr)"
    completing = {"_UNDERSTUDY_COMPLETE": "complete_bash", "COMP_CWORD": "2"}
    answer = subprocess.run(
        [sys.executable, "-c", told],
        cwd=shell,
        env={**os.environ, **completing, "COMP_WORDS": "understudy rotate "},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.split() == ["init0"]
    loaded = set(answer.stderr.split())
    assert "yaml" in loaded
    assert not loaded & {"sqlalchemy", "structlog", "httpx", "fastapi"}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script_too(run: CommandLine, shell: str) -> None:
    told = run("completion", shell)
    assert told.status == 0
    assert f"_UNDERSTUDY_COMPLETE=complete_{shell}" in told.out
