"""What is done about a peer that is said to be behind: verified, asked, and looked at again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from devnet.plain_http import text_answer
from peernode.errors import StoreError
from peernode.node import Replica
from serving.server import listen
from tests.peernode.made import chain
from tests.switcher.resolving.peering import LONG, SHORT, peers, replica_settings, scene

RESOLVED = ["resolve_chain", "resolve", "asked", "converged", "resolved"]


async def test_peer_that_is_behind_is_brought_to_the_longest_chain(tmp_path: Path) -> None:
    with peers(SHORT, LONG, LONG) as [p1, p2, p3]:
        replica = replica_settings(tmp_path, [p1.url, p2.url, p3.url])
        async with scene(tmp_path, replica) as s:
            assert await s.post() == ["opened"]
            await s.step()
            assert await s.words() == RESOLVED
            assert p1.chain == p2.chain
            assert p1.called == [f"register ['{replica.advertise}']", "resolve"]
            assert p2.called == p3.called == []
            [_, decided, asked, converged, _] = await s.entries()
            assert "p1 has 3 blocks" in decided.sentence
            assert decided.details["replica"]["length"] == 6
            assert asked.details["peer"]["length"] == 3
            assert converged.details["peer"]["length"] == 6
            for outcome in ("asked", "converged"):
                assert s.metric(f'understudy_resolutions_total{{outcome="{outcome}"}}') == 1
            assert s.metric("understudy_replica_length_blocks") == 6
            assert await s.post() == ["repeated"]
            assert await s.post("resolved") == ["ignored"]


async def test_fork_of_equal_length_is_reported_and_not_fought(tmp_path: Path) -> None:
    with peers(SHORT, LONG) as [p1, p2]:
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            await s.keeper.compare("p1")
            p1.hold(chain(6, on=LONG[:4], stamp=9.0))
            await s.post()
            for _ in range(3):
                await s.step()
            assert await s.words() == ["resolve_chain", "equal_length"]
            assert p1.called == p2.called == []


async def test_alert_about_a_peer_that_is_not_behind_does_nothing(tmp_path: Path) -> None:
    with peers(LONG, SHORT) as [p1, p2]:
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            await s.post()
            await s.step()
            await s.step()
            assert await s.words() == ["resolve_chain", "not_corroborated"]
            await s.post("resolved")
            await s.step()
            assert (await s.words())[-1] == "resolved"
            assert p1.called == []


async def test_chain_that_goes_too_deep_is_held_until_a_person_allows_it(tmp_path: Path) -> None:
    forged = chain(8, on=LONG[:2], stamp=9.0)
    with peers(LONG, LONG) as [p1, p2]:
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            await s.keeper.compare("p1")
            p2.hold(forged)
            await s.post()
            await s.step()
            await s.step()
            assert await s.words() == ["resolve_chain", "too_deep"]
            [_, held] = await s.entries()
            assert "understudy resolve p1 --allow-depth 4" in held.sentence
            assert s.metric('understudy_open_resolutions{decision="too_deep",node="",peer="p1"}')
            await s.ask(3)
            await s.step()
            assert (await s.words())[2:] == ["manual", "too_deep", "given_up"]
            assert p1.called == []
            await s.ask(4)
            await s.step()
            adopted = [e for e in await s.entries() if e.value == "adopted"]
            assert [e.details["replica"]["length"] for e in adopted] == [8]
            assert (await s.words())[5:] == [
                "manual",
                "adopted",
                "resolve",
                "asked",
                "converged",
                "resolved",
            ]
            assert p1.chain == p2.chain
            await s.step()
            assert (await s.words())[-1] == "resolved"


async def test_peer_that_can_t_be_reached_is_held(tmp_path: Path) -> None:
    with peers(LONG) as [p2]:
        gone = "http://127.0.0.1:9"
        async with scene(tmp_path, replica_settings(tmp_path, [gone, p2.url])) as s:
            await s.post()
            await s.step()
            assert await s.words() == ["resolve_chain", "unreachable"]


async def test_peer_with_an_invalid_chain_is_left_to_a_person(tmp_path: Path) -> None:
    with peers(SHORT, LONG) as [p1, p2]:
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            p1.chain = [p1.chain[0], {**p1.chain[1], "previous_hash": "\ud800"}]
            await s.post()
            await s.step()
            assert await s.words() == ["resolve_chain", "invalid"]
            assert p1.called == []
            await s.ask()
            await s.step()
            assert (await s.words())[-2:] == ["converged", "resolved"]
            await s.step()
            assert (await s.words())[-2:] == ["resolved", "resolved"]
            assert p1.chain == p2.chain


async def test_peer_whose_longer_chain_is_invalid_would_not_give_it_up(tmp_path: Path) -> None:
    with peers(SHORT, LONG) as [p1, p2]:
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            p1.chain = [*p2.chain, {**p2.chain[-1], "index": 7}]
            await s.ask()
            await s.step()
            assert (await s.words())[-2:] == ["unmoved", "given_up"]
            assert "p1 has a chain that isn't valid (block 7: " in (await s.entries())[-1].sentence
            assert len(p1.chain) == 7


async def test_a_dry_run_says_what_it_would_do_and_does_nothing(tmp_path: Path) -> None:
    with peers(SHORT, LONG) as [p1, p2]:
        replica = replica_settings(tmp_path, [p1.url, p2.url])
        async with scene(tmp_path, replica, dry_run=True) as s:
            await s.post()
            await s.step()
            assert await s.words() == ["resolve_chain", "dry_run"]
            assert p1.called == []


async def test_peer_that_does_not_move_is_asked_again_with_growing_pauses(tmp_path: Path) -> None:
    with peers(SHORT, LONG) as [p1, p2]:
        p1.on_resolve = lambda: text_answer(200, "fine")
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            await s.post()
            await s.step(0)
            for _ in range(12):
                await s.step(10)
            assert (await s.words())[:4] == ["resolve_chain", "resolve", "asked", "unmoved"]
            assert p1.called.count("resolve") == 3
            assert len([each for each in p1.called if each.startswith("register")]) == 1


async def test_peer_that_knows_the_replica_is_not_told_of_it_each_time_it_lags(
    tmp_path: Path,
) -> None:
    with peers(SHORT, LONG[:4]) as [p1, p2]:
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            for length in (4, 5, 6):
                p2.hold(LONG[:length])
                await s.post(starts_at=f"at-{length}")
                await s.step()
                assert len(p1.chain) == length
            assert [each.split()[0] for each in p1.called] == ["register", *["resolve"] * 3]


async def test_peer_that_was_started_anew_is_told_of_the_replica_again(tmp_path: Path) -> None:
    with peers(SHORT, LONG) as [p1, p2]:
        p1.on_resolve = lambda: text_answer(200, "fine")
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            await s.post()
            await s.step()
            p1.hold(SHORT[:1])
            p1.nodes, p1.on_resolve = {}, None
            await s.step()
            assert (await s.words())[-1] == "resolved"
            assert len([each for each in p1.called if each.startswith("register")]) == 2


@pytest.mark.parametrize("status", [302, 400, 500])
async def test_peer_that_refuses_is_told_apart(tmp_path: Path, status: int) -> None:
    with peers(SHORT, LONG) as [p1, p2]:
        p1.on_register = lambda _: text_answer(status, "no")
        settings = replica_settings(tmp_path, [p1.url, p2.url])
        async with scene(tmp_path, settings) as s:
            await s.post()
            await s.step()
            assert (await s.words())[-1] == "refused"
            told = (await s.entries())[-1].sentence
            assert f"status {status}; it has to allow {settings.advertise}" in told
            assert len(p1.called) == 1


async def test_peer_that_goes_elsewhere_when_it_is_asked_is_said_to_diverge(
    tmp_path: Path,
) -> None:
    other = chain(4, stamp=7.0)
    with peers(SHORT, LONG) as [p1, p2]:

        def astray() -> object:
            p1.hold(other)
            return text_answer(200, "fine")

        p1.on_resolve = astray  # type: ignore[assignment]
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            await s.post()
            await s.step()
            assert (await s.words())[-1] == "diverged"
            await s.ask()
            await s.step(0)
            assert (await s.words())[-1] == "given_up"


async def test_act_is_cut_short_when_the_switcher_stops_and_seen_to_after_its_start(
    tmp_path: Path,
) -> None:
    asked, done = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    with peers(SHORT, LONG) as [p1, p2]:

        def slow() -> object:
            loop.call_soon_threadsafe(asked.set)
            asyncio.run_coroutine_threadsafe(done.wait(), loop).result()
            p1.adopt_longest()
            return text_answer(200, "fine")

        p1.on_resolve = slow  # type: ignore[assignment]
        replica = replica_settings(tmp_path, [p1.url, p2.url])
        async with scene(tmp_path, replica) as s:
            await s.post()
            working = asyncio.create_task(s.worker.run())
            await asked.wait()
            assert await s.post() == ["renewed"]  # nothing waits for the peer
            s.worker.stop()
            async with asyncio.timeout(2):
                await working
            assert (await s.words())[-1] == "asked"
            done.set()
            async with asyncio.timeout(5):
                while len(p1.chain) < 6:
                    await asyncio.sleep(0.01)
        async with scene(tmp_path, replica) as s:
            await s.step()
            assert await s.words() == RESOLVED
    assert p1.called.count("resolve") == 1


async def test_replica_that_fails_is_told_and_used_again_once_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> object:
        raise StoreError("The disk is full.")

    with peers(SHORT, LONG) as [p1, p2]:
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            await s.keeper.compare("p1")
            with monkeypatch.context() as patch:
                patch.setattr(Replica, "resolve", broken)
                await s.post()
                await s.step()
                assert await s.words() == ["resolve_chain", "no_replica"]
                assert "The disk is full." in (await s.entries())[-1].sentence
                assert s.metric("understudy_replica_up") == 0
            await s.step()
            assert (await s.words())[2:] == RESOLVED[1:]
            assert s.metric("understudy_replica_up") == 1


async def test_database_that_is_none_keeps_the_switcher_from_no_start(tmp_path: Path) -> None:
    database = tmp_path / "peers.db"
    database.write_text("no database at all, whatever it is called" * 50)
    with peers(SHORT, LONG) as [p1, p2]:
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            await s.post()
            await s.step()
            assert await s.words() == ["resolve_chain", "no_replica"]
            assert s.metric("understudy_replica_up") == 0
            assert p1.called == []


async def test_port_of_the_replica_that_is_taken_is_an_error_at_the_start(tmp_path: Path) -> None:
    listener = listen("127.0.0.1", 0)
    replica = replica_settings(tmp_path, ["http://127.0.0.1:9"], port=listener.getsockname()[1])
    try:
        with pytest.raises(OSError, match="can't listen on"):
            async with scene(tmp_path, replica):
                raise AssertionError("it started")
    finally:
        listener.close()
