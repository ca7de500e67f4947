"""What a browser gets of the status page and may send, from the real server."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from devnet.keys import active_key
from switcher.auth import Bearer, Scope, Tokens, digest_of, new_token
from switcher.errors import JournalError
from switcher.journal.journal import Journal
from switcher.page.answers import POLICY
from switcher.page.assets import ASSETS
from switcher.service import serve
from switcher.sessions import SECONDS, Sessions
from tests.switcher.calling import ALPHA, CHAIN, Caller, calling
from tests.switcher.stage import WITNESS, Home, alert, webhook


@asynccontextmanager
async def serving(home: Home) -> AsyncIterator[httpx.AsyncClient]:
    """Run a switcher on files that are there, and yield a client of it."""
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(serve(CHAIN, home.settings(), on_listen=port.set_result))
    try:
        base = f"http://127.0.0.1:{await asyncio.wait_for(port, 15)}"
        async with httpx.AsyncClient(base_url=base, timeout=15) as client:
            yield client
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


HERE = {"Sec-Fetch-Site": "same-origin"}
ARM = {"what": "disarm", "witness": WITNESS, "why": "moving house", "confirmed": "yes"}


async def sign_in(caller: Caller, scope: Scope = Scope.OPERATE) -> httpx.Response:
    token = {"token": caller.home.tokens[scope]}
    return await caller.http.post("/sign-in", data=token, headers=HERE)


async def form_token(caller: Caller) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', (await caller.http.get("/")).text)
    assert found
    return found[1]


async def armed(caller: Caller) -> tuple[bool, str]:
    [witness] = (await caller.get("/api/status")).json()["witnesses"]
    return witness["armed"], witness["armed_by"]


async def test_page_asks_for_a_token_and_shows_nothing_before(caller: Caller) -> None:
    reply = await caller.http.get("/")
    assert reply.status_code == 401
    assert 'name="token"' in reply.text
    assert WITNESS not in reply.text
    assert (await sign_in(caller, Scope.READ)).status_code == 303
    reply = await caller.http.get("/")
    assert reply.status_code == 200
    assert WITNESS in reply.text
    assert "first state of an empty journal" in reply.text


async def test_cookie_is_out_of_reach_of_scripts_and_other_sites(
    caller: Caller, tmp_path: Path
) -> None:
    cookie = (await sign_in(caller)).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie
    assert f"Max-Age={SECONDS}" in cookie
    assert not any(token in cookie for token in caller.home.tokens.values())
    folder = tmp_path / "proxied"
    folder.mkdir()
    async with calling(folder, CHAIN, behind_proxy=True) as proxied:
        cookie = (await sign_in(proxied)).headers["Set-Cookie"]
    assert cookie.startswith("__Host-") and "Secure" in cookie


@pytest.mark.parametrize(
    ("token", "headers", "status", "told"),
    [
        ("x" * 43, HERE, 401, "This token is not known"),
        ("", HERE, 401, "This token is not known"),
        ("the-alerts", HERE, 403, "Alertmanager"),
        ("the-read", {}, 403, "not sent from the status page"),
        ("the-read", {"Sec-Fetch-Site": "cross-site"}, 403, "not sent from the status page"),
        ("the-read", {"Sec-Fetch-Site": "same-site"}, 403, "not sent from the status page"),
        ("the-read", {"Origin": "http://evil.example"}, 403, "not sent from the status page"),
        ("the-read", {"Origin": "null"}, 403, "not sent from the status page"),
    ],
)
async def test_refused_token_gives_no_cookie_and_is_not_repeated(
    caller: Caller, token: str, headers: dict[str, str], status: int, told: str
) -> None:
    sent = caller.home.tokens.get(Scope(token[4:])) if token.startswith("the-") else token
    reply = await caller.http.post("/sign-in", data={"token": sent}, headers=headers)
    assert (reply.status_code, "Set-Cookie" in reply.headers) == (status, False)
    assert told in reply.text
    assert not sent or sent not in reply.text


async def test_origin_is_enough_where_a_browser_says_no_more(caller: Caller) -> None:
    token = {"token": caller.home.tokens[Scope.READ]}
    origin = {"Origin": f"http://127.0.0.1:{caller.port}"}
    assert (await caller.http.post("/sign-in", data=token, headers=origin)).status_code == 303


async def test_cookie_reads_and_orders_only_by_the_page_s_forms(caller: Caller) -> None:
    await sign_in(caller)
    for path in ("/api/status", "/api/journal"):
        assert (await caller.http.get(path)).status_code == 200
    for path in ("/api/arm", "/api/disarm", "/api/rotate", "/api/drill", "/api/rotate/plan"):
        reply = await caller.http.post(path, json={"witness": WITNESS, "why": "x"}, headers=HERE)
        assert reply.status_code == 401, path
    assert (await caller.http.post("/alerts", json=webhook(alert(ALPHA)))).status_code == 401
    token = await form_token(caller)
    for data, headers in (
        (ARM, HERE),
        (ARM | {"form_token": "0" * 64}, HERE),
        (ARM | {"form_token": "\ud83d".encode("utf-8", "surrogatepass").decode("latin-1")}, HERE),
        (ARM | {"form_token": token}, {}),
        (ARM | {"form_token": token}, {"Sec-Fetch-Site": "cross-site"}),
        (ARM | {"form_token": token}, {"Origin": "https://evil.example"}),
    ):
        reply = await caller.http.post("/order", data=data, headers=headers)
        assert reply.status_code == 403
    assert await armed(caller) == (True, "configuration")
    reply = await caller.http.post("/order", data=ARM | {"form_token": token}, headers=HERE)
    assert (reply.status_code, reply.headers["Location"]) == (303, "./")
    assert await armed(caller) == (False, "the-operate")


async def test_reader_s_cookie_gives_no_orders(caller: Caller) -> None:
    await sign_in(caller, Scope.READ)
    asked = await caller.http.get("/order", params={"what": "arm", "witness": WITNESS})
    given = ARM | {"form_token": await form_token(caller)}
    for reply in (asked, await caller.http.post("/order", data=given, headers=HERE)):
        assert reply.status_code == 403
        assert "needs a token of scope operate" in reply.text
    assert await armed(caller) == (True, "configuration")


async def test_form_of_another_session_is_refused(caller: Caller) -> None:
    await sign_in(caller)
    old = ARM | {"form_token": await form_token(caller)}
    await sign_in(caller)
    assert (await caller.http.post("/order", data=old, headers=HERE)).status_code == 403


async def test_session_outlives_a_restart_and_ends_with_its_token(tmp_path: Path) -> None:
    home = Home(tmp_path, active_key(WITNESS).wif)
    lines = (tmp_path / "tokens").read_text().splitlines(keepends=True)
    others = [line for line in lines if "operate" not in line]
    cookies, seen = httpx.Cookies(), []
    for kept in (lines, lines, others):
        (tmp_path / "tokens").write_text("".join(kept))
        async with serving(home) as client:
            client.cookies = cookies
            if not cookies:
                token = {"token": home.tokens[Scope.OPERATE]}
                await client.post("/sign-in", data=token, headers=HERE)
                cookies = client.cookies
            seen.append((await client.get("/")).status_code)
    assert seen == [200, 200, 401]


async def test_sign_out_has_the_cookie_forgotten(caller: Caller) -> None:
    await sign_in(caller)
    assert (await caller.http.post("/sign-out", headers=HERE)).status_code == 403
    data = {"form_token": await form_token(caller)}
    assert (await caller.http.post("/sign-out", data=data, headers=HERE)).status_code == 303
    assert (await caller.http.get("/")).status_code == 401


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ({"why": " "}, "Say why"),
        ({"why": "x" * 501}, "Say why"),
        ({"what": "rotate", "why": "x", "confirmed": ""}, "No node has shown yet"),
        ({"what": "drill", "why": "x"}, "No node has shown yet"),
        ({"why": "with {key}, of course"}, "holds a private key or a token"),
    ],
)
async def test_refusal_of_an_order_is_a_sentence_on_the_page(
    caller: Caller, order: dict[str, str], told: str
) -> None:
    await sign_in(caller)
    key = active_key(WITNESS).wif
    sent = {**ARM, **order, "form_token": await form_token(caller)}
    sent["why"] = sent["why"].format(key=key)
    reply = await caller.http.post("/order", data=sent, headers=HERE)
    assert 400 <= reply.status_code < 500
    assert told in reply.text
    assert key not in reply.text
    assert await armed(caller) == (True, "configuration")


@pytest.mark.parametrize(
    "query", ["what=sell&witness=init0", "what=arm", "what=arm&witness=nobody", "before=0"]
)
async def test_senseless_question_is_refused(caller: Caller, query: str) -> None:
    await sign_in(caller)
    path = "/" if query.startswith("before") else "/order"
    assert (await caller.http.get(f"{path}?{query}")).status_code in {404, 422}


async def test_what_others_wrote_is_text_on_the_page(caller: Caller) -> None:
    odd = "<script>alert(1)</script>"
    await sign_in(caller)
    order = ARM | {"why": odd, "form_token": await form_token(caller)}
    assert (await caller.http.post("/order", data=order, headers=HERE)).status_code == 303
    text = (await caller.http.get("/")).text
    assert odd not in text
    assert "&lt;script&gt;" in text


async def test_journal_is_read_page_by_page_and_by_incident(caller: Caller) -> None:
    await caller.post(webhook(*(alert(ALPHA, witness=f"w{n}") for n in range(70))))
    await sign_in(caller, Scope.READ)
    first = (await caller.http.get("/")).text
    found = re.search(r'href="(\?before=\d+)"', first)
    assert found
    second = (await caller.http.get(f"/{found[1]}")).text
    assert "sse-connect" in first and "sse-connect" not in second

    def shown(text: str) -> set[str]:
        return set(re.findall(r'id="incident-(\d+)"', text))

    assert shown(first) and shown(second) - shown(first)
    [one] = shown((await caller.http.get("/?incident=7")).text)
    assert one == "7"


async def test_page_says_so_while_the_journal_can_not_be_used(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(caller)

    async def gone(_journal: Journal) -> float:
        raise JournalError("The journal can't be used: secret details")

    monkeypatch.setattr(Journal, "heartbeat", gone)
    for path in ("/", f"/order?what=arm&witness={WITNESS}"):
        reply = await caller.http.get(path, headers={"Accept": "text/html"})
        assert reply.status_code == 503
        assert "used at present" in reply.text
        assert "secret" not in reply.text


async def test_pages_let_browsers_load_nothing_from_elsewhere(caller: Caller) -> None:
    await sign_in(caller)
    for path in ("/", "/docs", "/sign-in", f"/order?what=arm&witness={WITNESS}"):
        reply = await caller.http.get(path)
        assert reply.headers["Content-Security-Policy"] == POLICY
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(
            r"""https?://|style=|<style|\son\w+=|<script(?! src="static/)""", reply.text
        )


async def test_files_are_kept_for_ever_under_an_address_that_changes_with_them(
    caller: Caller,
) -> None:
    for asset in ASSETS.values():
        packed: Any = await caller.http.get(f"/{asset.url}", headers={"Accept-Encoding": "gzip"})
        plain = await caller.http.get(f"/{asset.url}", headers={"Accept-Encoding": "identity"})
        assert packed.content == plain.content == asset.body == gzip.decompress(asset.compressed)
        assert "immutable" in plain.headers["Cache-Control"]
    assert (await caller.http.get("/static/000000000000/page.css")).status_code == 404
    assert (await caller.http.get("/static/000000000000/..%2fsessions.py")).status_code == 404


def test_kept_files_are_those_that_the_list_names() -> None:
    folder = Path(__file__).parents[2] / "switcher" / "page" / "static"
    told = (folder / "README.md").read_text()
    for name, asset in ASSETS.items():
        if name.startswith("htmx"):
            assert asset.digest in told and name in told
    licences = {path.name for path in folder.iterdir()} - set(ASSETS) - {"README.md"}
    assert licences == {"LICENSE.htmx", "LICENSE.htmx-ext-sse"}


async def test_documentation_names_every_address_and_what_it_takes(caller: Caller) -> None:
    told = (await caller.http.get("/docs")).text
    for path in (await caller.http.get("/openapi.json")).json()["paths"]:
        assert f" {path}</code>" in told
    assert "Rotate by hand, in the gap between two of the witness&#39; slots." in told
    assert "RotationOrder" in told


def test_sealed_cookie_ends_after_its_time_and_can_not_be_changed() -> None:
    token, _ = new_token(Scope.READ, "me")
    tokens = Tokens({digest_of(token): Bearer("me", Scope.READ)})
    sessions, others = Sessions(b"a" * 32, tokens), Sessions(b"b" * 32, tokens)
    cookie = sessions.begin(token, 1000.0)
    assert cookie and token not in cookie
    found = sessions.find(cookie, 1000.0 + SECONDS)
    assert found and found.bearer.name == "me" and not found.may_operate
    assert sessions.find(cookie, 1001.0 + SECONDS) is None
    assert sessions.find(cookie, -5000.0) is None
    assert others.find(cookie, 1000.0) is None
    later = cookie.replace(".1000.", ".2000.")
    for forged in (later, "", "...", cookie[:-1], "\u00e9", f"{cookie}0", cookie.upper()):
        assert sessions.find(forged, 1000.0) is None
    assert sessions.begin("x" * 43, 1000.0) is None
