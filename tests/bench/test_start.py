"""How soon a service is ready: metrics and readiness are told apart, and who ends is told."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bench import start
from understudy.errors import StackError
from understudy.stack import free_ports
from understudy.stack.document import Written

SERVICE = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

asked = []

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        authorised = self.headers["Authorization"] == "Bearer secret"
        ready = asked.count("/readyz") > 2
        good = authorised and (self.path == "/metrics" or ready)
        self.send_response(200 if good else 503)
        self.end_headers()
    def log_message(self, *_):
        pass

HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


@pytest.fixture
def written(tmp_path: Path) -> Written:
    token = tmp_path / "token"
    token.write_text("secret\n")
    [port] = free_ports(1)
    told: Any = SimpleNamespace(switcher=f"127.0.0.1:{port}", prometheus_token=token, port=port)
    return cast("Written", told)


def runs(monkeypatch: pytest.MonkeyPatch, program: str, port: Any) -> None:
    command = (sys.executable, "-c", program, str(port))
    monkeypatch.setattr(start, "_command", lambda *_: command)


async def test_metrics_come_first_and_ready_is_when_it_says_so(
    written: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(monkeypatch, SERVICE, written.port)
    figures = await start._started("switcher", written, tmp_path / "log")
    assert 0 < figures["switcher_first_metric_seconds"] < figures["switcher_seconds"]
    assert 0 < figures["switcher_processor_seconds"] < figures["switcher_seconds"] + 1


async def test_service_that_ends_is_told(
    written: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(monkeypatch, "raise SystemExit(2)", written.port)
    with pytest.raises(StackError, match="ended with status 2 before /metrics answered"):
        await start._started("switcher", written, tmp_path / "log")
