"""Addresses for programs that are started side by side."""

from __future__ import annotations

import subprocess
import sys

import pytest

from understudy.stack import ports

FIRST, LAST = 19_990, 19_997
ANOTHER = """
import sys
from understudy.stack import ports
ports._FIRST, ports._LAST = int(sys.argv[1]), int(sys.argv[2])
print(*ports.free_ports(3))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ports are claimed on Linux only")
def test_two_processes_never_choose_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_FIRST", FIRST)
    monkeypatch.setattr(ports, "_LAST", LAST)
    ours = ports.free_ports(3)
    command = [sys.executable, "-c", ANOTHER, str(FIRST), str(LAST)]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert len({*ours, *map(int, theirs)}) == 6
