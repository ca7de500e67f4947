"""The status page as people have it: in a real Chromium, before a real switcher on a devnet."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import CDPSession, Page, expect

from switcher.auth import Scope
from tests.page.house import PATIENCE, Audience

MOST_BYTES = 60_000
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"

expect.set_options(PATIENCE)


def choose(page: Page, word: str, witness: str) -> None:
    page.get_by_role("link", name=f"{word} {witness}").click()


def test_failover_is_seen_as_it_happens_and_after(
    chromium: Audience, request: pytest.FixtureRequest
) -> None:
    page = chromium.signed_in(Scope.READ)
    expect(page.locator("#headline")).to_contain_text("init0: alpha is on air")
    expect(page.locator("[data-slot]").first).to_have_text(re.compile(r"in \d+ s|now|due"))
    first = page.locator("#asof").inner_text()
    page.evaluate("window.seen = true")
    chromium.house.kill("alpha")
    chromium.house.accuse("init0", "alpha")
    timeline = page.locator("#timeline article").first
    expect(timeline).to_contain_text("alert")
    expect(page.locator("#headline")).to_contain_text("Not well")
    expect(timeline).to_contain_text("transaction")
    expect(page.locator("#headline")).to_contain_text("init0: beta is on air")
    expect(timeline).to_contain_text("first block")
    expect(timeline).to_contain_text("ended: on air")
    assert page.evaluate("window.seen"), "the page was loaded anew"
    assert page.locator("#asof").inner_text() > first
    labels = timeline.locator("li b").all_inner_texts()
    places = [labels.index(each) for each in ("alert", "rotate", "transaction", "block")]
    assert places == sorted(places)
    if request.config.getoption("--pictures", default=False):
        page.set_viewport_size({"width": 1000, "height": 900})
        page.screenshot(path=PICTURES / "status-page.png")
        phone = chromium.signed_in(width=390, scheme="dark")
        phone.screenshot(path=PICTURES / "status-page-phone.png")


def test_refused_token_is_told_and_lets_nobody_in(chromium: Audience) -> None:
    page = chromium.page()
    page.goto("/")
    page.fill("#token", "x" * 43)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("This token is not known")
    page.goto("/")
    expect(page.locator("#asof")).to_have_count(0)
    page.fill("#token", chromium.house.playhouse.tokens[Scope.READ])
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#asof")).to_be_visible()
    expect(page.get_by_role("link", name="Disarm init1")).to_be_hidden()
    page.goto("/order?what=disarm&witness=init1")
    expect(page.get_by_role("alert")).to_contain_text("scope operate")


def test_disarm_and_arm_are_clicked_through(chromium: Audience) -> None:
    page = chromium.signed_in()
    stage = page.locator("section.witness", has_text="init1")
    choose(page, "Disarm", "init1")
    page.fill("#why", f"with {chromium.house.playhouse.tokens[Scope.READ]}")
    page.click("#confirm")
    expect(page.get_by_role("alert")).to_contain_text("private key or a token")
    page.fill("#why", "moving house")
    page.click("#confirm")
    expect(stage).to_contain_text("Disarmed")
    expect(stage).to_contain_text("moving house")
    expect(page.locator("#timeline")).to_contain_text("init1 disarmed by the-operate: moving house")
    choose(page, "Arm", "init1")
    expect(page.locator("main")).to_contain_text("init1-beta is ready")
    page.fill("#why", "moved")
    page.click("#confirm")
    expect(stage).to_contain_text("moved")
    expect(page.get_by_role("link", name="Disarm init1")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#token")).to_be_visible()


def test_rotation_is_ordered_with_the_keyboard_alone(chromium: Audience) -> None:
    page = chromium.signed_in()
    page.wait_for_selector("#headline :text('init1')")

    def go_to(wanted: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == wanted:
                return
        raise AssertionError(f"the keyboard doesn't lead to {wanted}")

    go_to("rotate-init1")
    before = page.locator("#asof").inner_text()
    expect(page.locator("#asof")).not_to_have_text(before)
    assert page.evaluate("document.activeElement.id") == "rotate-init1", "an update took the focus"
    page.keyboard.press("Enter")
    page.wait_for_selector("#why:focus")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("init1-g")
    page.keyboard.press("Tab")
    page.keyboard.type("new disk")
    page.keyboard.press("Enter")
    plan = page.locator("dl.plan")
    expect(plan).to_contain_text("init1-gamma")
    expect(plan).to_contain_text("BTS; the account has")
    go_to("confirm")
    page.keyboard.press("Enter")
    expect(page.locator("#headline")).to_contain_text("init1: init1-gamma is on air")
    expect(page.locator("#timeline")).to_contain_text("new disk")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1100])
def test_everybody_can_use_it(chromium: Audience, width: int, scheme: str) -> None:
    page = chromium.signed_in(width=width, scheme=scheme)
    landmarks = {"banner", "main", "navigation"}
    for path in ("/", "/order?what=rotate&witness=init1", "/docs", "/sign-in"):
        page.goto(path)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert {role for role in landmarks if page.get_by_role(role).count() == 1} == landmarks  # type: ignore[arg-type]
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{path} is {wide} pixels wider than the screen"


def test_reads_without_javascript(chromium: Audience) -> None:
    page = chromium.signed_in(script=False)
    expect(page.locator("#headline")).to_contain_text("is on air")
    expect(page.locator("#timeline")).to_contain_text("armed by configuration")
    expect(page.get_by_text("does not follow what happens")).to_be_visible()
    choose(page, "Drill", "init1")
    page.fill("#why", "without a script")
    page.click("#show-plan")
    expect(page.locator("dl.plan")).to_be_visible()


def test_lost_connection_is_told_and_mended(chromium: Audience) -> None:
    page = chromium.signed_in(Scope.READ)
    chromium.house.stop()
    try:
        expect(page.locator("#link")).to_contain_text("The connection to the switcher is lost")
        assert page.locator("body.stale").count() == 1
    finally:
        chromium.house.start()
    expect(page.locator("#link")).to_be_empty()
    assert page.locator("body.stale").count() == 0
    chromium.complaints.clear()  # that nobody answered


def test_page_is_small(chromium: Audience) -> None:
    page = chromium.signed_in()
    sizes: dict[str, float] = {}
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    _count(network, sizes)
    with page.expect_event("framenavigated"):
        page.goto("/")
    page.wait_for_function("document.title.includes('on air')")
    first = page.locator("#asof").inner_text()
    expect(page.locator("#asof")).not_to_have_text(first)
    assert len(sizes) >= 6
    assert sum(sizes.values()) < MOST_BYTES


def _count(network: CDPSession, sizes: dict[str, float]) -> None:
    """Count the bytes of each answer as they come, the stream's among them."""

    def add(told: Any, name: str) -> None:
        sizes[told["requestId"]] = sizes.get(told["requestId"], 0) + told[name]

    def finish(told: Any) -> None:
        sizes[told["requestId"]] = told["encodedDataLength"]

    network.on("Network.dataReceived", lambda told: add(told, "encodedDataLength"))
    network.on("Network.loadingFinished", finish)
