"""Containers learn whether a service is well."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.support.certificates import self_signed
from tests.understudy.commands import CommandLine
from understudy.stack.ports import free_ports


class _Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def service(tls: ssl.SSLContext | None = None) -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Service) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_one_that_answers_is_well_and_one_that_is_not_ready_is_not(run: CommandLine) -> None:
    with service() as address:
        assert run("healthy", f"{address}/healthz").status == 0
        sick = run("healthy", f"{address}/readyz")
        assert (sick.status, sick.err) == (
            1,
            f"understudy: {address}/readyz answers with status 503; the service's log says why.\n",
        )


def test_a_certificate_that_nobody_vouches_for_does_not_make_it_sick(
    run: CommandLine, tmp_path: Path
) -> None:
    files = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate_file, files.key_file)
    with service(context) as address:
        assert run("healthy", f"{address}/healthz").status == 0


def test_where_nobody_listens_it_is_sick(run: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("UNDERSTUDY_HEALTH_URL", f"http://127.0.0.1:{port}/healthz")
    sick = run("healthy")
    assert sick.status == 1
    assert sick.err.endswith(
        f":{port}/healthz gives no answer: Connection refused; "
        "start the service, or name its own address.\n"
    )


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:9877", "ftp://127.0.0.1/", "http://", "http://[::1/", "http://127.0.0.1:99999"],
)
def test_what_is_no_address_is_wrong_use(run: CommandLine, url: str) -> None:
    assert run("healthy", url).status == 2
