"""The journal's database can't be used for a while: locked, gone, or on a full disk."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.checks import on_air, updates
from tests.faults.stage import Stage, on_stage
from tests.faults.timings import timings
from understudy.errors import StackError

_SMALL = 4_000_000
"""Bytes of the disk that is filled."""


@asynccontextmanager
async def held(kind: str, database: Path) -> AsyncIterator[None]:
    """Have another process hold a lock ("write" or "all") for as long as the context lasts."""
    locker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.locker", kind, str(database)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert locker.stdout
        async with asyncio.timeout(30):
            assert await locker.stdout.readline() == b"held\n"
        yield
    finally:
        locker.kill()
        await locker.wait()


async def refused_webhook(stage: Stage) -> None:
    """Wait until Alertmanager was told that an alert could not be written down."""
    key = stage.key("alpha")
    await stage.ledger.first(lambda p: p.status != 202 and p.has(signing_key=key))


@pytest.mark.parametrize("kind", ["write", "all"], ids=["locked", "gone"])
@timings("seconds", 5, 60)
async def test_database_out_of_reach_loses_no_alert(
    tmp_path: Path, kind: str, seconds: float
) -> None:
    async with on_stage(tmp_path) as stage:
        async with held(kind, tmp_path / "understudy.db"):
            await stage.net.nodes["alpha"].kill()
            await stage.net.wait_for(lambda state: state.witnesses["1.6.1"].total_missed > 0)
            await asyncio.sleep(seconds)
            if kind == "write":  # of one that is gone nothing is heard for longer
                await refused_webhook(stage)
            assert updates(stage.net) == []
        await stage.settled(rotated_to=["beta"], timeout=90)


@pytest.mark.timing
@pytest.mark.parametrize("kind", ["write", "all"], ids=["locked", "gone"])
@pytest.mark.parametrize("word", ["broadcast", "sent", "in_block"])
async def test_database_out_of_reach_during_a_rotation_repeats_nothing(
    tmp_path: Path, kind: str, word: str
) -> None:
    async with on_stage(tmp_path, dead=["alpha"]) as stage:
        await stage.books.until_word(word)
        async with held(kind, tmp_path / "understudy.db"):
            await stage.net.wait_for(lambda _: on_air(stage.net) == "beta")
            await stage.net.wait_blocks(10)
        await stage.settled(rotated_to=["beta"], timeout=90)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small tmpfs."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SMALL}", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"NOT TESTED: a full disk; mounting a tmpfs is refused: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Fill a disk to the last byte for as long as the context lasts."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 65536
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    try:
        yield
    finally:
        ballast.unlink()


async def test_full_disk_loses_no_alert(tmp_path: Path, small_disk: Path) -> None:
    database = {"database": f"sqlite:///{small_disk / 'understudy.db'}"}
    async with on_stage(tmp_path, switcher=database) as stage:
        with filled(small_disk):
            await stage.net.nodes["alpha"].kill()
            await refused_webhook(stage)
            await stage.net.wait_blocks(3)
            assert updates(stage.net) == []
        await stage.settled(rotated_to=["beta"])


@pytest.mark.timing
async def test_switcher_that_finds_a_full_disk_at_its_start_goes_on_once_there_is_room(
    tmp_path: Path, small_disk: Path
) -> None:
    database = {"database": f"sqlite:///{small_disk / 'understudy.db'}"}
    async with on_stage(tmp_path, switcher=database, start=False) as stage:
        with filled(small_disk):
            with pytest.raises(StackError, match=r"The journal can't be used: .*full"):
                await stage.switcher.start()
            await stage.net.nodes["alpha"].kill()
            await stage.ledger.first(lambda posting: posting.status == 502)
        await stage.switcher.start()
        await stage.settled(rotated_to=["beta"])


@timings("word", "broadcast", "sent", "in_block")
async def test_disk_that_fills_during_a_rotation_repeats_nothing(
    tmp_path: Path, small_disk: Path, word: str
) -> None:
    database = {"database": f"sqlite:///{small_disk / 'understudy.db'}"}
    async with on_stage(tmp_path, switcher=database, dead=["alpha"]) as stage:
        await stage.books.until_word(word)
        with filled(small_disk):
            await stage.net.wait_for(lambda _: on_air(stage.net) == "beta")
            await stage.net.wait_blocks(3)
        await stage.settled(rotated_to=["beta"])
