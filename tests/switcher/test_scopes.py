"""What each token is good for, at every address that the switcher has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from devnet.keys import active_key
from switcher.app import create_app
from switcher.auth import Scope
from switcher.running import Switcher
from switcher.service import serve
from tests.switcher.calling import CHAIN
from tests.switcher.stage import WITNESS, Home

Route = tuple[str, str]

OPEN: frozenset[Scope | None] = frozenset({None, *Scope})
READING: frozenset[Scope | None] = frozenset({Scope.READ, Scope.OPERATE})
OPERATING: frozenset[Scope | None] = frozenset({Scope.OPERATE})
BY_FORM: frozenset[Scope | None] = frozenset()
"""No token in a header is good for it: it is for a browser that shows a page of ours."""

BY_COOKIE = BY_FORM
ALERTING: frozenset[Scope | None] = frozenset({Scope.ALERTS})

RULES: dict[Route, tuple[frozenset[Scope | None], frozenset[Scope | None]]] = {
    # who gets in on this machine, and who where others can ask; None: without a token
    ("POST", "/alerts"): (ALERTING, ALERTING),
    ("POST", "/api/rotate"): (OPERATING, OPERATING),
    ("POST", "/api/rotate/plan"): (OPERATING, OPERATING),
    ("POST", "/api/drill"): (OPERATING, OPERATING),
    ("POST", "/api/drill/plan"): (OPERATING, OPERATING),
    ("POST", "/api/resolve"): (OPERATING, OPERATING),
    ("POST", "/api/resolve/plan"): (OPERATING, OPERATING),
    ("POST", "/api/arm"): (OPERATING, OPERATING),
    ("POST", "/api/disarm"): (OPERATING, OPERATING),
    ("GET", "/api/status"): (READING, READING),
    ("GET", "/api/journal"): (READING, READING),
    ("GET", "/api/events"): (READING, READING),
    ("GET", "/"): (READING, READING),
    ("GET", "/live"): (READING, READING),
    ("GET", "/static/{digest}/{name}"): (OPEN, OPEN),
    ("GET", "/sign-in"): (OPEN, OPEN),
    ("POST", "/sign-in"): (BY_FORM, BY_FORM),
    ("POST", "/sign-out"): (BY_FORM, BY_FORM),
    ("GET", "/order"): (BY_COOKIE, BY_COOKIE),
    ("POST", "/order"): (BY_COOKIE, BY_COOKIE),
    ("GET", "/metrics"): (OPEN, READING),
    ("GET", "/docs"): (OPEN, READING),
    ("GET", "/openapi.json"): (OPEN, READING),
    ("GET", "/healthz"): (OPEN, OPEN),
    ("GET", "/readyz"): (OPEN, OPEN),
}
ORDER = {"what": "disarm", "witness": WITNESS}
SENT: dict[Route, dict[str, Any]] = {
    ("GET", "/order"): {"params": ORDER},
    ("POST", "/order"): {"data": ORDER},
    ("POST", "/sign-in"): {"data": {}},
    ("POST", "/sign-out"): {"data": {}},
}
REFUSED = {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}


def routes(listed: Iterable[Any]) -> Iterator[Route]:
    for each in listed:
        if included := getattr(each, "original_router", None):
            yield from routes(included.routes)
        else:
            yield from ((method, each.path) for method in each.methods)


def test_every_address_has_a_rule() -> None:
    app = create_app(cast("Switcher", None))
    assert set(routes(app.routes)) == set(RULES)


@pytest.fixture(params=[False, True], ids=["this machine", "others"])
async def asked(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[httpx.AsyncClient, Home, bool]]:
    home, exposed = Home(tmp_path, active_key(WITNESS).wif), bool(request.param)
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    settings = home.settings(behind_proxy=exposed)
    serving = asyncio.create_task(serve(CHAIN, settings, on_listen=port.set_result))
    try:
        base = f"http://127.0.0.1:{await asyncio.wait_for(port, 15)}"
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=15) as client:
            yield client, home, exposed
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def test_each_token_gets_in_where_it_should_and_nowhere_else(
    asked: tuple[httpx.AsyncClient, Home, bool],
) -> None:
    client, home, exposed = asked
    for (method, path), rules in RULES.items():
        let_in = set()
        sent: dict[str, Any] = SENT.get((method, path), {"json": {}} if method == "POST" else {})
        for scope in (None, *Scope):
            header = {} if scope is None else home.bearer(scope)
            # Without waiting for its end: a stream of events has none.
            async with client.stream(method, path, headers=header, **sent) as answer:
                if answer.status_code not in REFUSED:
                    let_in.add(scope)
                elif scope is None and any(rules):
                    assert answer.status_code == httpx.codes.UNAUTHORIZED
        assert let_in == rules[exposed], f"{method} {path}"
