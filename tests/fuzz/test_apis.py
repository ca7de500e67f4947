"""Both APIs answer as their descriptions say, to whoever asks for whatever: with schemathesis."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.openapi.utils import get_openapi
from hypothesis import given, settings
from hypothesis import strategies as st

from switcher.auth import Scope
from switcher.routes import order, page, sign_in
from tests.fuzz.served import Switcher, served, switching
from tests.peernode.running import Running, running
from tests.support.drawn import FUZZ, drawn

_EXCEPTIONS = Path(__file__).with_name("schemathesis.toml")
_PATIENCE = 60.0
"""Seconds for an answer on a machine that is busy with others."""


@pytest.fixture(scope="module")
def switcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switcher]:
    with served(switching(tmp_path_factory.mktemp("switcher"))) as started:
        yield started


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with served(running(tmp_path_factory.mktemp("node") / "peer.db")) as started:
        yield started


def called(described: str, *options: str, examples: int = 1) -> None:
    """Call all that a description names: the same each time, or with `make fuzz` much more.

    Its check of whether a token is looked at tries without one and with a wrong one, too. What it
    keeps for its next run goes with its folder: such runs would not be the same.
    """
    fuzzing = settings.get_current_profile_name() == FUZZ
    drawn_so = () if fuzzing else ("--seed", "1", "--generation-deterministic")
    count = str(examples * (100 if fuzzing else 1))
    command = (sys.executable, "-m", "schemathesis.cli", "--config-file", str(_EXCEPTIONS))
    run = ("run", described, "--continue-on-failure", "--max-examples", count, *drawn_so, *options)
    with tempfile.TemporaryDirectory(prefix="understudy-fuzz-") as folder:
        done = subprocess.run(
            (*command, *run), capture_output=True, text=True, check=False, cwd=folder
        )
    assert done.returncode == 0, done.stdout + done.stderr
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated and int(generated[1]) > 0


def token(switcher: Switcher, scope: Scope) -> tuple[str, str]:
    return "--header", f"Authorization: {switcher.home.bearer(scope)['Authorization']}"


def described(switcher: Switcher) -> str:
    return f"{switcher.url}/openapi.json"


def test_switcher_answers_an_operator_as_it_is_described(switcher: Switcher) -> None:
    called(described(switcher), *token(switcher, Scope.OPERATE), "--checks", "all")


@pytest.mark.parametrize(
    ("scope", "asked"), [(Scope.ALERTS, "alerts"), (Scope.READ, "journal|arm")]
)
def test_switcher_answers_others_as_it_is_described(
    switcher: Switcher, scope: Scope, asked: str
) -> None:
    fuzzing = settings.get_current_profile_name() == FUZZ
    only = () if fuzzing else ("--include-path-regex", asked, "--phases", "fuzzing")
    called(described(switcher), *token(switcher, scope), *only, "--checks", "all", examples=3)


@pytest.mark.skipif(settings.get_current_profile_name() != FUZZ, reason="make fuzz does")
def test_switcher_answers_who_has_no_token_as_it_is_described(switcher: Switcher) -> None:
    called(described(switcher), "--checks", "all")


def test_peer_node_answers_as_it_is_described(node: Running) -> None:
    called(f"{node.url}/openapi.json", "--checks", "all")


@drawn(20)
@given(seen=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=24))
def test_stream_of_events_goes_on_from_whatever_was_seen(switcher: Switcher, seen: str) -> None:
    headers: dict[str, Any] = {**switcher.home.bearer(Scope.READ)}
    headers["Last-Event-ID"] = seen.strip().encode("latin-1")
    address = f"{switcher.url}/api/events"
    with httpx.stream("GET", address, headers=headers, timeout=_PATIENCE) as answer:
        if len(seen.strip()) > 20:
            assert answer.status_code == 422
            return
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "event: status" in (line for line in answer.iter_lines())


def test_forms_of_the_status_page_never_make_it_fail(switcher: Switcher, tmp_path: Path) -> None:
    address = switcher.url
    with httpx.Client(base_url=address, headers={"Origin": address}) as browser:
        signed_in = {"token": switcher.home.tokens[Scope.OPERATE]}
        assert browser.post("/sign-in", data=signed_in).status_code == 303
        form = browser.get("/order", params={"what": "arm", "witness": "init0"}).text
        [shown] = set(re.findall(r'name="form_token" value="([^"]+)"', form))
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    file = tmp_path / "forms.json"
    file.write_text(json.dumps(forms(shown)))
    # Their answers are for people, so that there is nothing to hold them against but that.
    options = ("--url", address, "--checks", "not_a_server_error", "--phases", "fuzzing")
    called(str(file), *options, "-H", f"Cookie: {cookie}", "-H", f"Origin: {address}", examples=3)


def forms(form_token: str) -> dict[str, Any]:
    """Return a description of the pages, which they are not in otherwise."""
    routes = [copy(route) for room in (page, sign_in, order) for route in room.router.routes]
    for route in routes:
        route.include_in_schema = True
    told = get_openapi(title="forms", version="1", routes=routes)
    del told["paths"]["/live"]  # it never ends; the page's own tests read it
    wish = told["components"]["schemas"]["Wish"]["properties"]
    wish["form_token"] = {"const": form_token}
    wish["witness"] = {"enum": ["init0", "init1", ""]}
    return told
