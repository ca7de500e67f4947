"""The checks at the end of a scenario notice what they are there for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from bench.acknowledged import lost
from bench.books import Books, Pages
from bench.relay import Ledger, Posting
from switcher.journal.journal import Journal
from switcher.webhook import parse_notification
from tests.switcher.stage import alert, webhook_bytes

KEY, NOW = "BTSalpha", 1_800_000_000.0
STILL_FIRING = json.dumps({alert(KEY)["fingerprint"]: {"seen": NOW + 1, "starts_at": ""}})


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'understudy.db'}"


@pytest.fixture
async def ledger(url: str, in_force: str) -> Ledger:
    """Take an alert three times, as a sender sees it: opened, renewed, and over."""
    ledger = Ledger()
    async with Journal(url) as journal:
        for later, status in enumerate(("firing", "firing", "resolved")):
            told = alert(KEY, status=status)
            now = NOW + later
            judged = parse_notification(webhook_bytes(told)).alerts
            [receipt] = await journal.take(judged, {"init0": {in_force}}, now)
            said = {"result": receipt.result, "incident": receipt.incident}
            ledger.note(Posting(now, now, 202, (told,), (said,)))
    return ledger


@pytest.fixture
def in_force() -> str:
    """Return the key in force: with the accused one, the end is left to the worker."""
    return "BTSbeta"


def forget(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as db:
        db.exec_driver_sql(statement)
    engine.dispose()


@pytest.mark.parametrize(("in_force", "over"), [("BTSbeta", "ended"), (KEY, "resolved")])
async def test_everything_that_was_written_down_is_found(
    url: str, ledger: Ledger, over: str
) -> None:
    assert [p.results for p in ledger.postings] == [["opened"], ["renewed"], [over]]
    assert await lost(ledger, Books(url)) == []


@pytest.mark.parametrize(
    ("what", "result", "in_force"),
    [
        ("delete from entries where kind = 'opened'", "opened", "BTSbeta"),
        ("update incidents set renewed = renewed - 1", "renewed", "BTSbeta"),
        ("update incidents set ended = null", "ended", "BTSbeta"),
        (f"update incidents set alerts = '{STILL_FIRING}'", "resolved", KEY),
    ],
    ids=["opened", "renewed", "ended", "resolved"],
)
async def test_what_is_missing_is_told(url: str, ledger: Ledger, what: str, result: str) -> None:
    forget(url, what)
    [told] = await lost(ledger, Books(url))
    assert told.startswith(f"{result} of incident 1")


async def test_another_incident_of_the_same_number_is_no_substitute(
    url: str, ledger: Ledger
) -> None:
    forget(url, "update incidents set signing_key = 'BTSbeta'")
    assert len(await lost(ledger, Books(url))) == 3


async def test_what_is_acknowledged_while_the_journal_is_read_is_not_called_lost(
    url: str, ledger: Ledger
) -> None:
    forget(url, "delete from incidents")
    [*postings], ledger.postings = ledger.postings, []

    class Slow(Books):
        async def read(self) -> Pages:
            pages = await super().read()
            ledger.postings += postings
            return pages

    assert await lost(ledger, Slow(url)) == []
    assert len(await lost(ledger, Books(url))) == 3


def refused(**changes: Any) -> Posting:
    return Posting(NOW, NOW, 503, (alert(KEY, **changes),))


async def test_what_was_refused_need_not_be_there(url: str, ledger: Ledger) -> None:
    ledger.note(refused(name="Another"))
    assert await lost(ledger, Books(url)) == []
