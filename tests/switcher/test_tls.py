"""The switcher reached from elsewhere: over TLS, with a token for all that tells anything."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from devnet.keys import active_key
from serving.tls import TlsFiles, trusting
from switcher.auth import Scope
from switcher.errors import ExposureError, SecretFileError
from switcher.exposure import refuse_plain
from switcher.service import serve
from switcher.settings import SwitcherSettings
from tests.support.certificates import self_signed
from tests.switcher.calling import ALPHA, CHAIN
from tests.switcher.stage import WITNESS, Home, alert, webhook

OPEN = ("/healthz", "/readyz")
SHOWN = ("/metrics", "/docs", "/openapi.json")
PAGE = "/"
"""Which has what `/api/status` has, so that it needs a token on this machine, too."""


@asynccontextmanager
async def served(settings: SwitcherSettings) -> AsyncIterator[int]:
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(CHAIN, settings, on_listen=port.set_result))
    try:
        either: list[asyncio.Future[Any]] = [serving, port]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving
        yield await port
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, active_key(WITNESS).wif)


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return self_signed(tmp_path)


def client(port: int, **options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", trust_env=False, **options)


async def test_alerts_are_taken_over_tls_by_those_who_trust_the_certificate(
    home: Home, files: TlsFiles
) -> None:
    strict = ssl.create_default_context(cafile=str(files.certificate_file))
    async with served(home.settings(tls=files)) as port:
        for context in (strict, trusting(files.certificate_file)):
            async with client(port, verify=context) as http:
                header = home.bearer(Scope.ALERTS)
                answer = await http.post("/alerts", json=webhook(alert(ALPHA)), headers=header)
                assert answer.status_code == 202


async def test_an_impostor_is_not_believed(home: Home, files: TlsFiles, tmp_path: Path) -> None:
    impostor = self_signed(tmp_path, "impostor")
    async with (
        served(home.settings(tls=impostor)) as port,
        client(port, verify=trusting(files.certificate_file)) as http,
    ):
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            await http.get("/healthz")


async def test_plain_http_gets_no_answer_and_no_redirect(home: Home, files: TlsFiles) -> None:
    async with served(home.settings(tls=files)) as port:
        async with httpx.AsyncClient(trust_env=False) as http:
            with pytest.raises(httpx.RemoteProtocolError):
                await http.get(f"http://127.0.0.1:{port}/api/status")
        async with client(port, verify=trusting(files.certificate_file)) as http:
            assert (await http.get("/healthz")).status_code == 200


@pytest.mark.parametrize("path", ["/alerts/", "/api/status/", "//alerts"])
async def test_nobody_is_ever_led_elsewhere_with_a_token(home: Home, path: str) -> None:
    async with served(home.settings()) as port, httpx.AsyncClient(trust_env=False) as http:
        headers = {**home.bearer(Scope.OPERATE), "Host": "evil.example.org"}
        answer = await http.get(f"http://127.0.0.1:{port}{path}", headers=headers)
        assert answer.status_code in {404, 405}
        assert "location" not in answer.headers


@pytest.mark.parametrize("exposed", [True, False])
async def test_what_tells_anything_needs_a_token_where_others_may_ask(
    home: Home, *, exposed: bool
) -> None:
    settings = home.settings(behind_proxy=exposed)
    async with served(settings) as port:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False) as http:
            for path in OPEN:
                assert (await http.get(path)).status_code in {200, 503}
            for path in (PAGE, *SHOWN):
                guarded = exposed or path == PAGE
                bare = await http.get(path)
                assert bare.status_code == (401 if guarded else 200)
                for scope in (Scope.READ, Scope.OPERATE):
                    assert (await http.get(path, headers=home.bearer(scope))).status_code == 200
                alerting = await http.get(path, headers=home.bearer(Scope.ALERTS))
                assert alerting.status_code == (403 if guarded else 200)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::ffff:0.0.0.0", "watcher.lan"])
async def test_plain_http_beyond_this_machine_is_refused(home: Home, host: str) -> None:
    with pytest.raises(ExposureError, match="tokens and orders would pass in the clear"):
        async with served(home.settings(host=host)):
            pass


def test_what_localhost_leads_to_is_looked_at(home: Home) -> None:
    with pytest.raises(ExposureError, match=r"^The address 10\.0\.0\.1 is reached from beyond"):
        refuse_plain(home.settings(host="localhost"), "10.0.0.1")


@pytest.mark.parametrize("way", ["tls", "behind_proxy"])
def test_tls_or_a_proxy_makes_every_address_fine(home: Home, files: TlsFiles, way: str) -> None:
    changes: dict[str, Any] = {"tls": files} if way == "tls" else {"behind_proxy": True}
    refuse_plain(home.settings(host="0.0.0.0", **changes), "0.0.0.0")


async def test_without_any_token_it_is_not_opened_to_others(home: Home) -> None:
    home.settings().token_file.write_text("# none\n")
    with pytest.raises(ExposureError, match="holds no token; make one with"):
        async with served(home.settings(behind_proxy=True)):
            pass


async def test_a_key_that_others_can_read_is_refused(home: Home, files: TlsFiles) -> None:
    files.key_file.chmod(0o640)
    with pytest.raises(SecretFileError, match=r"is open to others .*; do: chmod 600 "):
        async with served(home.settings(tls=files)):
            pass


async def test_a_certificate_that_cannot_be_used_ends_the_start_with_a_sentence(
    home: Home, files: TlsFiles, tmp_path: Path
) -> None:
    wrong = replace(files, key_file=self_signed(tmp_path, "other").key_file)
    with pytest.raises(SecretFileError, match=r"^The key in \S+ is not that of \S+\.$"):
        async with served(home.settings(tls=wrong)):
            pass
