from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "alertmanager"


def tool(*names: str) -> str:
    """Return the path of the first of some programs, from .tools/bin or PATH."""
    path = os.pathsep.join((str(REPOSITORY / ".tools" / "bin"), os.environ.get("PATH", "")))
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    raise FileNotFoundError(
        f"{names[0]} is neither in .tools/bin nor on PATH: run scripts/monitoring-tools"
    )


def run(program: str, *arguments: str | Path, stdin: str | None = None) -> str:
    """Run promtool or amtool in alertmanager/ and return what it printed.

    Raises:
        AssertionError: it failed; the message holds its output.
    """
    done = subprocess.run(
        [tool(program), *map(str, arguments)],
        cwd=FOLDER,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, f"{program} {' '.join(map(str, arguments))}:\n{printed}"
    return printed
