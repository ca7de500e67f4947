"""A web page that is open in a browser near a node: it may not have the node do anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.peernode.made import paid
from tests.peernode.running import Running, running

BY_A_PAGE = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    # The node has no pages: one of its own origin is of a name that was made to mean this machine.
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example:5000"},
)
DOING: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/mine", None),
    ("GET", "/nodes/resolve", None),
    ("POST", "/transactions/new", paid("a", 5)),
    ("POST", "/nodes/register", {"nodes": ["http://9.9.9.9:5000"]}),
)


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "peer.db") as node:
        yield node


async def test_page_in_a_browser_has_the_node_do_nothing(one: Running) -> None:
    for method, path, body in DOING:
        for headers in BY_A_PAGE:
            refused = await one.client.request(method, path, json=body, headers=headers)
            assert (refused.status_code, path) == (403, path)
    assert (await one.client.get("/chain")).json()["length"] == 1
    registered = await one.client.post("/nodes/register", json={"nodes": ["http://9.9.9.10"]})
    assert registered.json()["total_nodes"] == ["9.9.9.10"]


async def test_that_pages_are_refused_is_described(one: Running) -> None:
    paths = (await one.client.get("/openapi.json")).json()["paths"]
    described = {
        (method.upper(), path)
        for path, operations in paths.items()
        for method, told in operations.items()
        if "403" in told["responses"]
    }
    assert described == {(method, path) for method, path, _ in DOING}


async def test_what_a_person_types_into_a_browser_is_done(one: Running) -> None:
    mined = await one.client.get("/mine", headers={"Sec-Fetch-Site": "none"})
    assert mined.json()["index"] == 2


async def test_page_in_a_browser_reads_nothing_of_another_origin(one: Running) -> None:
    answer = await one.client.get("/chain", headers=BY_A_PAGE[0])
    assert not [name for name in answer.headers if name.startswith("access-control-")]
