"""Addresses for programs that are started side by side."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from understudy.errors import StackError
from understudy.stack import ports

ANOTHER = """
import sys
from understudy.stack import ports
ports._FIRST = ports._LAST = int(sys.argv[1])
print(*ports.free_ports(1))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ports are claimed on Linux only")
def test_a_port_that_was_given_here_is_given_to_no_other_process() -> None:
    (port,) = ports.free_ports(1)
    command = [sys.executable, "-c", ANOTHER, str(port)]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert other.stdout == ""
    assert f"Fewer than 1 ports from {port} to {port} are free" in other.stderr


def test_ports_that_are_all_taken_are_told_of_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "_FIRST", port)
        monkeypatch.setattr(ports, "_LAST", port)
        with pytest.raises(StackError, match="are free; end what listens on them"):
            ports.free_ports(1)
