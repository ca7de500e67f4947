"""What alerts about the chain of a node or a peer leave in the journal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from switcher.journal.docket import Docket
from switcher.journal.journal import Journal
from switcher.journal.matters import Which
from switcher.model import Ending
from switcher.resolving.model import Kind, Matter, ResolveDecision, ResolveOutcome, Subject, Wish
from switcher.webhook import parse_notification
from tests.switcher.stage import alert, doubt, webhook_bytes
from tests.switcher.written import Copy, checked

P1 = Subject(Kind.PEER, "p1")
PEERS = Which(Kind.PEER)
KEY = "BTS5aBmMxsrm23XpzsSwz7utPx1RQNXtn7Fg9LCBtDNcCJdt6ncCm"


@pytest.fixture
async def journal(database: str) -> AsyncIterator[Journal]:
    async with Journal(database) as journal:
        yield journal
    assert checked(database).flaws == []


async def post(
    journal: Journal, *alerts: dict[str, object], now: float = 1.0, well: bool = False
) -> list[str]:
    judged = parse_notification(webhook_bytes(*alerts)).alerts
    receipts = await journal.take(judged, {}, now, {P1: well})
    return [receipt.result for receipt in receipts]


async def matter(journal: Journal) -> Matter:
    [found] = await Docket(journal).open(PEERS)
    return found


async def words(journal: Journal) -> list[str]:
    return [entry.value for entry in reversed(await journal.entries())]


async def test_alert_opens_a_matter_and_its_repetition_renews_it(journal: Journal) -> None:
    assert await post(journal, doubt(peer="p1"), now=1.0) == ["opened"]
    assert await post(journal, doubt(peer="p1"), doubt(peer="p1"), now=7.0) == ["renewed"] * 2
    found = await matter(journal)
    assert (found.subject, found.opened, found.renewed) == (P1, 1.0, 7.0)
    assert await words(journal) == ["resolve_chain"]


async def test_alerts_about_nodes_peers_and_keys_open_one_matter_each(journal: Journal) -> None:
    posted = (doubt(peer="p1"), doubt(node="p1"), doubt(peer="p2"), alert(KEY))
    assert await post(journal, *posted) == ["opened"] * 4
    assert [m.subject.name for m in await Docket(journal).open(PEERS)] == ["p1", "p2"]
    assert len(await Docket(journal).open(Which(Kind.NODE))) == 1
    assert [m.subject.name for m in await Docket(journal).open(Which(Kind.PEER, but=["p1"]))] == [
        "p2"
    ]
    assert len(await journal.strangers([])) == 1


async def test_end_of_the_last_alert_is_noted_for_the_worker_to_look_once_more(
    journal: Journal,
) -> None:
    other = doubt(peer="p1", name="Another")
    await post(journal, doubt(peer="p1"), other)
    assert await post(journal, doubt(peer="p1", status="resolved")) == ["resolved"]
    assert not (await matter(journal)).resolved
    assert await post(journal, {**other, "status": "resolved"}) == ["resolved"]
    assert (await matter(journal)).resolved
    assert await post(journal, doubt(peer="p2", status="resolved")) == ["ignored"]


async def test_alert_that_only_goes_on_about_a_peer_that_is_back_opens_nothing(
    journal: Journal,
) -> None:
    await post(journal, doubt(peer="p1"))
    await Docket(journal).end(await matter(journal), Ending.RESOLVED, "is back", 2.0)
    assert await post(journal, doubt(peer="p1"), well=True) == ["repeated"]
    assert await post(journal, doubt(peer="p1"), well=False) == ["opened"]
    await Docket(journal).end(await matter(journal), Ending.RESOLVED, "is back", 3.0)
    assert await post(journal, doubt(peer="p1", starts_at="later"), well=True) == ["opened"]


async def test_no_more_than_a_hundred_unknown_peers_are_written_down(journal: Journal) -> None:
    strangers = [doubt(peer=f"x{number}") for number in range(101)]
    assert await post(journal, *strangers) == ["opened"] * 100 + ["ignored"]
    assert await post(journal, doubt(peer="p1"), doubt(peer="x7")) == ["opened", "renewed"]


async def test_peer_whose_alert_begins_over_and_over_gets_one_matter_a_minute_in_a_crowd(
    database: str,
) -> None:
    async with Journal(database, incidents_per_hour=3) as journal:

        async def begin_and_end(now: float) -> list[str]:
            told = await post(journal, doubt(peer="p1", starts_at=f"{now}"), now=now)
            for each in await Docket(journal).open(PEERS):
                await Docket(journal).end(each, Ending.RESOLVED, "is back", now)
            return told

        results = [await begin_and_end(now) for now in (0.0, 1.0, 2.0, 3.0, 61.0, 62.0)]
        assert results == [["opened"], ["opened"], ["opened"], ["ignored"], ["ignored"], ["opened"]]
        assert await post(journal, doubt(peer="stranger"), now=63.0) == ["ignored"]
    assert checked(database).flaws == []


async def test_restart_forgets_neither_decision_nor_attempt(database: str) -> None:
    async with Journal(database) as journal:
        docket, seen = Docket(journal), {"length": 7}
        await post(journal, doubt(peer="p1"))
        found = await matter(journal)
        assert await docket.decide(found, ResolveDecision.RESOLVE, "2 behind", seen, 2.0)
        found = await matter(journal)
        assert not await docket.decide(found, ResolveDecision.RESOLVE, "3 behind", seen, 3.0)
        assert await docket.attempt(found, ResolveOutcome.ASKED, "goes", seen, 4.0)
    async with Journal(database) as journal:
        found = await matter(journal)
        assert (found.decision, found.sentence) == (ResolveDecision.RESOLVE, "goes")
        assert found.under_way is not None
        assert found.under_way.details["length"] == 7
        await docket_closed(Docket(journal), found)
        assert await words(journal) == [
            "resolve_chain",
            "resolve",
            "asked",
            "converged",
            "resolved",
        ]
    assert checked(database).flaws == []


async def docket_closed(docket: Docket, found: Matter) -> None:
    assert await docket.attempt(found, ResolveOutcome.CONVERGED, "is there", {}, 5.0)
    await docket.end(found, Ending.RESOLVED, "is back", 6.0)
    assert not await docket.decide(found, ResolveDecision.TOO_DEEP, "late", {}, 7.0)
    assert not await docket.attempt(found, ResolveOutcome.ASKED, "late", {}, 7.0)
    await docket.end(found, Ending.NOT_RENEWED, "late", 7.0)


async def test_what_a_person_asks_for_is_told_with_who_and_why(journal: Journal) -> None:
    wish = Wish("maria", "it was ours", 500)
    await post(journal, doubt(peer="p1"))
    asked = await Docket(journal).ask(P1, wish, 3.0)
    assert asked.wish == wish
    [_, entry] = reversed(await journal.entries())
    assert entry.value == "manual"
    assert "maria" in entry.sentence
    assert "500" in entry.sentence
    assert entry.details["why"] == "it was ours"


@pytest.mark.parametrize(
    "change",
    [
        "subject = 'peer:p2'",
        "subject = ''",
        "action = 'rotate_signing_key'",
        "witness = 'init0'",
        "decision = 'resolve'",
        '"order" = \'{"allow_depth": 9}\'',
        "accused = 'x'",
    ],
)
async def test_row_of_a_matter_that_says_otherwise_than_its_entries_is_found(
    sqlite_url: str, change: str
) -> None:
    async with Journal(sqlite_url) as journal:
        await Docket(journal).ask(P1, Wish("maria", "why", None), 3.0)
    copy = Copy(Path(sqlite_url.removeprefix("sqlite:///")))
    assert copy.check() == []
    copy.run(f"update incidents set {change}")
    assert copy.check()
