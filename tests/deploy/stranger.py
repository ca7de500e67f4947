"""Somebody who has got the built file and nothing else: an empty home, and programs on PATH."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_KEPT = re.compile(r"(PIP_|https?_proxy|no_proxy|SSL_|REQUESTS_|LANG|LC_)", re.IGNORECASE)
"""What a machine says about its network and language; nothing about this project."""

_MINUTES = 8


class Stranger:
    """Installs a wheel with pipx, and calls what it brought."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.bin = home / ".local" / "bin"
        kept = {name: value for name, value in os.environ.items() if _KEPT.match(name)}
        tools = ROOT / ".tools" / "bin"
        self.environment = {
            "PIP_CACHE_DIR": str(Path.home() / ".cache" / "pip"),
            **kept,
            "HOME": str(home),
            "PATH": os.pathsep.join([str(self.bin), str(tools), os.defpath]),
            "PIPX_HOME": str(home / "pipx"),
            "PIPX_BIN_DIR": str(self.bin),
        }

    def install(self, wheel: Path) -> None:
        """Install a wheel with the dependencies that are locked."""
        constraints = self.home / "constraints.txt"
        constraints.write_text("\n".join(locked()))
        # Without compiling what is hardly used here, which takes longer than all the rest.
        for_pip = f"--constraint {constraints} --no-compile"
        words = ("-m", "pipx", "install", "--skip-maintenance", "--pip-args", for_pip, str(wheel))
        done = self._run([sys.executable, *words], _MINUTES * 60)
        assert done.returncode == 0, (
            "pipx can't install the wheel; this needs the network, as `make setup` does:\n"
            + done.stdout
            + done.stderr
        )

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call the command that was installed."""
        return self._run([str(self.bin / "understudy"), *words], 60)

    def _run(self, words: list[str], seconds: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home,
            env=self.environment,
            timeout=seconds,
        )


def locked() -> list[str]:
    """Return the pinned versions of what is needed at run time, without the hashes of files."""
    lines = (ROOT / "requirements" / "run.txt").read_text().splitlines()
    return [line.split()[0] for line in lines if re.match(r"[A-Za-z0-9]", line)]
