"""What peers send is read beside other work, however long it takes."""

from __future__ import annotations

import asyncio
import time

import pytest

from chains.peer.pace import Pace


def busy(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        continue


async def test_other_work_has_half_of_the_time_while_several_send_what_is_hard_to_read() -> None:
    pace, began = Pace(), time.monotonic()
    await asyncio.gather(*(pace.take(f"p{number}", busy, 0.06) for number in range(4)))
    assert time.monotonic() - began >= 2 * 4 * 0.06


async def test_who_is_quick_to_read_does_not_wait_behind_all_the_others() -> None:
    pace, done = Pace(), list[str]()
    await asyncio.gather(*(pace.take(f"slow{number}", busy, 0.01) for number in range(3)))

    async def read(peer: str) -> None:
        await pace.take(peer, busy, 0.06 if "slow" in peer else 0.0)
        done.append(peer)

    await asyncio.gather(*map(read, ["slow0", "slow1", "slow2", "quick"]))
    assert done[:2] == ["slow0", "quick"]


async def test_who_is_left_while_he_waits_for_his_turn_or_has_it_keeps_nobody_waiting() -> None:
    pace = Pace()
    first, second, third = (
        asyncio.create_task(pace.take(each, busy, 0.06)) for each in ("first", "second", "third")
    )
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await third
    assert first.cancelled()
    assert second.cancelled()


async def test_what_can_not_be_read_keeps_nobody_waiting() -> None:
    pace = Pace()
    with pytest.raises(ValueError, match="invalid literal"):
        await pace.take("p", int, "x")
    assert await pace.take("p", int, "1") == 1
