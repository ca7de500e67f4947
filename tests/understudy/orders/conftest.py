"""A switcher that answers as it is told to, and a configuration that leads to it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from chains.settings import WitnessSettings
from tests.understudy.canned import Canned, canned
from tests.understudy.orders.answers import ORDER_AT, ORDERED, PLAN, PLAN_AT
from tests.understudy.orders.change import change
from understudy.config import load
from understudy.operate.client import SwitcherClient
from understudy.operate.follow import Order


@pytest.fixture
def switcher() -> Iterator[Canned]:
    with canned() as can:
        can.answers = {PLAN_AT: [(200, PLAN)], ORDER_AT: [(202, ORDERED)]}
        yield can


@pytest.fixture
def config(config: Path, switcher: Canned) -> Path:
    """Return a configuration whose switcher is the canned one."""
    change(config, listen=switcher.address, client_token_file="operator-token")
    token = config.parent / "operator-token"
    token.touch(mode=0o600)
    token.write_text("a-token\n")
    return config


@pytest.fixture
def followed(
    config: Path, switcher: Canned, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Order, WitnessSettings]]:
    """Return an order whose clock is a second later each time it is looked at, and its ring."""
    monkeypatch.setattr("understudy.operate.follow._LOOK_EVERY", 0)
    read, seconds = load(config), itertools.count()
    with SwitcherClient.of(read) as client:
        order = Order(client, "rotate", {"witness": "init0"}, clock=lambda: float(next(seconds)))
        yield order, read.chain.witnesses[0]
