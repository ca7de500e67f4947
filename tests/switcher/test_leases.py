"""When a switcher counts on its leases, and when it offers them, whatever the database does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import cast

import pytest
from structlog.testing import capture_logs

from switcher import lease
from switcher.errors import JournalError
from switcher.lease import CHAINS, STRANGERS, Leases
from switcher.lease_session import IDLE_SECONDS, Claim, LeaseSession
from tests.switcher.stage import WITNESS

ALL = {WITNESS: 1, STRANGERS: 2, CHAINS: 3}


@dataclass
class Session:
    """Grants what is asked for, as long as `trouble` is none; a beat takes `seconds`."""

    watch: Watch
    seconds: float = 0.0
    trouble: Exception | None = None
    asked: list[set[str]] = field(default_factory=list)
    closed: bool = False

    def beat(self, wanted: Collection[str], now: float) -> Mapping[str, int]:
        self.watch.now += self.seconds
        self.asked.append(set(wanted))
        if self.trouble:
            raise self.trouble
        return {name: ALL[name] for name in wanted}

    def close(self) -> None:
        self.closed = True


@dataclass
class Watch:
    """A clock that is never set, and whether the nodes are seen."""

    now: float = 100.0
    sees: bool = True

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(lease, "time", watch)
    return watch


@pytest.fixture
def session(watch: Watch) -> Session:
    return Session(watch)


@pytest.fixture
async def leases(session: Session, watch: Watch) -> AsyncIterator[Leases]:
    leases = Leases(cast("LeaseSession", session), [WITNESS], lambda: watch.sees, lambda: 1.0)
    yield leases
    await leases.close()


async def test_lease_is_not_counted_on_for_as_long_as_the_server_keeps_it(
    leases: Leases, session: Session, watch: Watch
) -> None:
    session.seconds = 1.0
    await leases.beat()
    watch.now += 2.5
    assert leases.claim(WITNESS) is None, "the server may have begun to count a second earlier"
    watch.now -= 1.0
    assert leases.claim(WITNESS) == Claim(WITNESS, 1)


async def test_lease_of_all_unknown_witnesses_lets_nobody_act_for_one_of_them(
    leases: Leases,
) -> None:
    await leases.beat()
    assert leases.claim(STRANGERS) == Claim(STRANGERS, 2)
    assert leases.claim("someone-else") is None


async def test_change_is_told_once(leases: Leases, session: Session) -> None:
    assert await leases.beat()
    assert not await leases.beat()
    session.trouble = JournalError("gone")
    assert await leases.beat()
    assert not await leases.beat()


async def test_switcher_that_could_not_count_on_its_leases_for_a_moment_looks_again_once_it_can(
    leases: Leases, watch: Watch
) -> None:
    await leases.beat()
    watch.now += IDLE_SECONDS
    assert leases.claim(WITNESS) is None
    assert await leases.beat()
    assert leases.claim(WITNESS) is not None


@pytest.mark.parametrize("trouble", [JournalError("gone"), RuntimeError("unforeseen")])
async def test_whatever_befalls_the_session_it_is_tried_again(
    leases: Leases, session: Session, trouble: Exception
) -> None:
    await leases.beat()
    session.trouble = trouble
    await leases.beat()
    assert leases.claim(WITNESS) is None
    session.trouble = None
    await leases.beat()
    assert leases.claim(WITNESS) is not None


async def test_switcher_that_can_never_take_its_leases_says_why_and_not_at_every_beat(
    leases: Leases, session: Session
) -> None:
    session.trouble = JournalError("too many connections")
    with capture_logs() as logs:
        for _ in range(3):
            await leases.beat()
        session.trouble = JournalError("connection refused")
        await leases.beat()
        session.trouble = None
        await leases.beat()
        session.trouble = JournalError("connection refused")
        await leases.beat()
    told = [log["error"] for log in logs if log["log_level"] == "error"]
    assert told == ["too many connections", "connection refused", "connection refused"]


async def test_nodes_that_are_gone_for_a_moment_cost_no_lease(
    leases: Leases, session: Session, watch: Watch
) -> None:
    await leases.beat()
    watch.sees = False
    watch.now += 14.0
    await leases.beat()
    assert session.asked[-1] == {WITNESS, STRANGERS, CHAINS}
    watch.now += 2.0
    await leases.beat()
    assert session.asked[-1] == set()


async def test_leases_that_nobody_wanted_are_taken_back_and_offered_again(
    leases: Leases, session: Session, watch: Watch
) -> None:
    await leases.beat()
    watch.sees = False
    offered = []
    for _ in range(60):
        watch.now += 1.0
        await leases.beat()
        offered.append(not session.asked[-1])
    assert offered[:14] == [False] * 14
    assert [offered[start : start + 20].count(True) for start in (0, 20, 40)] == [5, 5, 5]


async def test_switcher_that_sees_again_is_patient_anew(
    leases: Leases, session: Session, watch: Watch
) -> None:
    for _ in range(3):
        watch.sees = True
        await leases.beat()
        watch.sees = False
        watch.now += 10.0
        await leases.beat()
        assert session.asked[-1] == {WITNESS, STRANGERS, CHAINS}


async def test_switcher_that_starts_takes_nothing_before_it_sees_the_nodes(
    leases: Leases, session: Session, watch: Watch
) -> None:
    watch.sees = False
    await leases.beat()
    assert session.asked == [set()]
    watch.sees = True
    await leases.beat()
    assert leases.claim(WITNESS) is not None


async def test_switcher_that_stops_gives_its_leases_up(session: Session, watch: Watch) -> None:
    leases = Leases(cast("LeaseSession", session), [WITNESS], lambda: True, lambda: 1.0)
    told = asyncio.Event()
    running = asyncio.create_task(leases.run(told.set))
    await told.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert session.closed
    assert leases.claim(WITNESS) is None
