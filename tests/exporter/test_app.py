"""What a scrape, a probe and a visitor get."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from html.parser import HTMLParser

import httpx
import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text

from chains.standing import Verdict
from exporter.app import create_app
from exporter.catalogue import BUILD_INFO, NODE_RPC_DURATION, bitshares_metrics
from exporter.exposition import Exposition
from exporter.instruments import Instruments, version
from tests.alertmanager.tools import run
from tests.support.chain import ForgedChain

from .big import WITNESSES, big_chain, big_settings
from .seen import SETTINGS, Seen, a_reading, nothing_seen, seen_at

Get = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def chain() -> ForgedChain:
    chain = ForgedChain()
    chain.run(35)
    return chain


@pytest.fixture
def seen(chain: ForgedChain) -> Seen:
    return seen_at(chain)


@pytest.fixture
def instruments() -> Instruments:
    return Instruments(node.name for node in SETTINGS.nodes)


@pytest.fixture
async def get(seen: Seen, instruments: Instruments, chain: ForgedChain) -> AsyncIterator[Get]:
    exposition = Exposition(seen, instruments.registry, lambda: chain.time + 1.0)
    app = create_app(seen, exposition)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://exporter") as client:

        async def get(path: str, **headers: str) -> httpx.Response:
            await exposition.refresh()
            return await client.get(path, headers=headers)

        yield get


async def test_promtool_has_no_remark_on_the_metrics(get: Get) -> None:
    assert run("promtool", "check", "metrics", stdin=(await get("/metrics")).text) == ""


async def test_promtool_has_no_remark_before_any_node_has_answered(
    instruments: Instruments,
) -> None:
    seen = nothing_seen()
    app = create_app(seen, Exposition(seen, instruments.registry, lambda: 0.0))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://exporter"
    ) as client:
        assert run("promtool", "check", "metrics", stdin=(await client.get("/metrics")).text) == ""


async def test_every_metric_of_the_catalogue_is_served_with_its_help(get: Get) -> None:
    families = {f.name: f for f in parse_text((await get("/metrics")).text)}
    for metric in (*bitshares_metrics(), NODE_RPC_DURATION, BUILD_INFO):
        served = families[metric.name.removesuffix("_total")]
        assert (served.type, served.documentation) == (metric.kind, metric.help)


async def test_it_tells_which_version_of_it_runs(get: Get) -> None:
    families = {f.name: f for f in parse_text((await get("/metrics")).text)}
    [build] = families[BUILD_INFO.name].samples
    assert (build.labels["version"], build.value) == (version(), 1)
    assert build.labels["python"] == platform.python_version()


async def test_the_process_tells_of_itself(get: Get) -> None:
    served = {family.name for family in parse_text((await get("/metrics")).text)}
    assert {"process_resident_memory_bytes", "process_start_time_seconds", "python_info"} <= served


async def test_the_form_is_the_one_that_is_asked_for(get: Get) -> None:
    plain = await get("/metrics")
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    accept = (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"  # Prometheus 2.42
    )
    open_metrics = await get("/metrics", accept=accept)
    assert open_metrics.headers["content-type"].startswith("application/openmetrics-text")
    parsed = parse_openmetrics(open_metrics.text)  # type: ignore[no-untyped-call]
    families = {family.name for family in parsed}
    assert "bitshares_witness_missed_blocks" in families


async def test_calls_to_nodes_are_measured_from_zero(get: Get, instruments: Instruments) -> None:
    def count(text: str, node: str) -> float:
        families = {family.name: family for family in parse_text(text)}
        return next(
            sample.value
            for sample in families[NODE_RPC_DURATION.name].samples
            if sample.name.endswith("_count") and sample.labels["node"] == node
        )

    assert count((await get("/metrics")).text, "us") == 0
    instruments.called("us", 0.02)
    instruments.called("init0/alpha", 0.02)
    text = (await get("/metrics")).text
    assert (count(text, "us"), count(text, "eu")) == (1, 0)
    assert "init0/alpha" not in text


async def test_a_url_that_is_no_unicode_does_not_stop_the_metrics(
    get: Get, seen: Seen, chain: ForgedChain
) -> None:
    reading = a_reading(chain)
    witness = replace(reading.witnesses["init0"], url="https://\ud800\n")
    bad = replace(reading, witnesses={**reading.witnesses, "init0": witness})
    for node in ("eu", "us", "home"):
        seen.show(node, bad)
    response = await get("/metrics")
    assert response.status_code == 200
    assert run("promtool", "check", "metrics", stdin=response.text) == ""


async def test_the_service_is_alive_whatever_the_nodes_do(get: Get, seen: Seen) -> None:
    seen.lose("eu", "us", "home")
    assert (await get("/healthz")).status_code == 200


async def test_it_is_ready_while_a_node_answers(get: Get, seen: Seen) -> None:
    assert (await get("/readyz")).status_code == 200
    seen.lose("eu", "us")
    assert (await get("/readyz")).status_code == 200
    seen.lose("home")
    response = await get("/readyz")
    assert response.status_code == 503
    assert response.text == "no node answers\n"


async def test_it_is_not_ready_before_a_chain_is_followed(get: Get, seen: Seen) -> None:
    seen.follower = nothing_seen().follower
    response = await get("/readyz")
    assert (response.status_code, response.text) == (503, "no chain is followed yet\n")


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str | None] = []
        self.cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data: str) -> None:
        self.cells.append(data)


async def test_the_landing_page_leads_to_the_metrics_and_says_what_is_followed(get: Get) -> None:
    page = Page((await get("/")).text)
    assert page.links == ["metrics", "healthz", "readyz"]
    for shown in ("eu", "us", "home", "canonical", "init0", "alpha", "beta", "init1"):
        assert shown in page.cells
    assert {"active", "CNY, USD", "none"} <= set(page.cells)
    assert f"Version {version()}. " in "".join(page.cells)


async def test_the_landing_page_lets_browsers_load_nothing_and_frame_nothing(get: Get) -> None:
    headers = (await get("/")).headers
    rules = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(rules)
    assert not [rule for rule in rules if rule.startswith("script")]
    assert headers["x-content-type-options"] == "nosniff"


async def test_the_landing_page_gives_no_password_away(get: Get, seen: Seen) -> None:
    url = "wss://me:secret@us.example/<ws>"
    detail = f"can't connect to {url}: refused <b>"
    lost = replace(seen.nodes[1], url=url, up=False, verdict=Verdict.UNREACHABLE, detail=detail)
    seen.nodes = [seen.nodes[0], lost, seen.nodes[2]]
    text = (await get("/")).text
    assert "secret" not in text
    assert "can&#x27;t connect to us: refused &lt;b&gt;" in text


async def test_a_hundred_witnesses_over_ten_nodes_are_all_told() -> None:
    chain, settings = big_chain(), big_settings()
    instruments = Instruments(node.name for node in settings.nodes)
    seen = seen_at(chain, settings)
    exposition = Exposition(seen, instruments.registry, lambda: chain.time + 1.0)
    text = exposition.text("")[0].decode()
    assert text.count("bitshares_witness_recent_missed_blocks{") == WITNESSES


async def test_many_scrapes_at_once_are_all_answered(get: Get) -> None:
    responses = await asyncio.gather(*(get("/metrics") for _ in range(20)))
    assert {response.status_code for response in responses} == {200}
