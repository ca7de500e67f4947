"""Every parser is fed for a moment with what atheris makes of its seeds; see `make fuzz`."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.fuzz.targets import TARGETS

_MINUTES = "0.003"


@pytest.mark.skipif(not find_spec("atheris"), reason="there is no atheris for this Python")
def test_nothing_that_atheris_thinks_of_breaks_a_promise() -> None:
    command = (sys.executable, "-m", "tests.fuzz", "--minutes", _MINUTES, "--jobs", "2")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = [line for line in done.stdout.splitlines() if "status 0" in line]
    assert {line.split(": ")[1] for line in told} == set(TARGETS)
    assert not [line for line in told if ": no executions" in line]
