"""What becomes of alerts that come faster than they can be written one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from switcher.errors import JournalError, UnreachableError
from switcher.focus import Focus
from switcher.inbox import AT_ONCE, POSTS, Inbox
from switcher.journal.receipt import Receipt
from switcher.model import ActionName
from switcher.webhook import Accusation, Judged

TRUE = "BTStrue"


def accusation(key: str) -> Accusation:
    return Accusation(ActionName.ROTATE, "init0", key, "Alert", key, "2026", firing=True)


def keys(alerts: Sequence[Judged]) -> list[str]:
    return [alert.signing_key for alert in alerts if isinstance(alert, Accusation)]


@dataclass
class Desk:
    """A journal that writes one transaction for each time that it is let."""

    written: list[list[str]] = field(default_factory=list)
    refused: str = ""
    error: Exception = field(default_factory=lambda: JournalError("no"))
    going: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, alerts: Sequence[Judged]) -> list[Receipt]:
        await self.going.wait()
        if self.refused in keys(alerts):
            raise self.error
        self.written.append(keys(alerts))
        return [Receipt("opened", "init0", None, key) for key in keys(alerts)]

    def inbox(self, focus: Focus | None = None) -> Inbox:
        def presses(alert: Judged) -> bool:
            return isinstance(alert, Accusation) and alert.signing_key.startswith(TRUE)

        return Inbox(self.write, presses, focus or Focus())


async def posted(inbox: Inbox, *names: str) -> list[asyncio.Task[list[Receipt]]]:
    """Post an alert each, and wait until all of them wait."""
    tasks = [asyncio.create_task(inbox.put([accusation(name)])) for name in names]
    await asyncio.sleep(0)
    return tasks


async def test_what_waits_is_written_together_and_everybody_hears_of_their_own() -> None:
    desk = Desk()
    inbox = desk.inbox()
    tasks = await posted(inbox, *(f"k{number}" for number in range(POSTS + 2)))
    desk.going.set()
    receipts = await asyncio.gather(*tasks)
    assert [receipt.reason for [receipt] in receipts] == [f"k{n}" for n in range(POSTS + 2)]
    assert [len(each) for each in desk.written] == [POSTS, 2]


async def test_no_transaction_is_long_however_many_alerts_the_posts_have() -> None:
    desk = Desk()
    inbox = desk.inbox()
    half = [accusation(f"k{number}") for number in range(AT_ONCE // 2)]
    tasks = [asyncio.create_task(inbox.put(half)) for _ in range(3)]
    await asyncio.sleep(0)
    desk.going.set()
    await asyncio.gather(*tasks)
    assert [len(each) for each in desk.written] == [AT_ONCE, AT_ONCE // 2]


async def test_alert_that_may_be_true_overtakes_those_that_can_not() -> None:
    desk = Desk()
    inbox = desk.inbox()
    tasks = await posted(inbox, *(f"k{number}" for number in range(3 * POSTS)))
    tasks += await posted(inbox, TRUE)
    desk.going.set()
    await asyncio.gather(*tasks)
    # The first was being written when it came; the others would only have made its own longer.
    assert [len(each) for each in desk.written] == [POSTS, 1, POSTS, POSTS]
    assert desk.written[1] == [TRUE]


async def test_stream_of_alerts_that_may_be_true_keeps_no_other_out() -> None:
    desk = Desk()
    inbox = desk.inbox()
    tasks = await posted(inbox, "heartbeat", *(f"{TRUE}{n}" for n in range(3 * POSTS)))
    desk.going.set()
    await asyncio.gather(*tasks)
    assert desk.written[1] == ["heartbeat"]


async def test_alert_that_can_not_be_written_takes_no_other_with_it() -> None:
    desk = Desk(refused="k1")
    inbox = desk.inbox()
    tasks = await posted(inbox, "k0", "k1", "k2")
    desk.going.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, JournalError) for each in found] == [False, True, False]
    assert desk.written == [["k0"], ["k2"]]


async def test_while_the_journal_is_gone_everybody_who_waits_hears_of_it_at_once() -> None:
    desk = Desk(refused="k0", error=UnreachableError("gone"))
    inbox = desk.inbox()
    tasks = await posted(inbox, "k0", "k1")
    desk.going.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, UnreachableError) for each in found)
    assert desk.written == []


async def test_sender_who_went_away_keeps_nobody_from_an_answer() -> None:
    desk = Desk()
    inbox = desk.inbox()
    gone, stays = await posted(inbox, "k0", "k1")
    gone.cancel()
    desk.going.set()
    assert len(await stays) == 1
    assert desk.written == [["k0", "k1"]]


async def test_others_wait_while_a_witness_is_seen_to_and_what_may_be_true_does_not() -> None:
    desk, focus = Desk(), Focus()
    desk.going.set()
    inbox = desk.inbox(focus)
    focus.begin("init0")
    [other] = await posted(inbox, "k0")
    [true] = await posted(inbox, TRUE)
    await asyncio.wait_for(true, 5)
    assert desk.written == [[TRUE]]
    focus.end("init0")
    await asyncio.wait_for(other, 5)
    assert desk.written == [[TRUE], ["k0"]]


async def test_others_do_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switcher.focus._LONGEST", 0.05)
    desk, focus = Desk(), Focus()
    desk.going.set()
    inbox = desk.inbox(focus)
    focus.begin("init0")
    await asyncio.wait_for(inbox.put([accusation("k0")]), 5)
    focus.begin("init0")
    assert focus.remaining() <= 0
    assert focus.remaining("init0") == 0.0
