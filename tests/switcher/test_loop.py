"""What a loop tells of a journal that can't be used."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from structlog.testing import capture_logs

from switcher.errors import JournalError
from switcher.loop import Loop


class Scripted(Loop):
    """A loop whose steps fail as they are told, one after the other; then it ends."""

    def __init__(self, *troubles: str | None) -> None:
        super().__init__(witness="init0")
        self._troubles = list(troubles)

    async def step(self) -> None:
        trouble = self._troubles.pop(0)
        if self._troubles:
            self.wake()
        else:
            self.stop()
        if trouble is not None:
            raise JournalError(trouble)


async def logged(*troubles: str | None) -> Iterable[tuple[str, str, str]]:
    with capture_logs() as lines:
        async with asyncio.timeout(10):
            await Scripted(*troubles).run()
    return [(line["log_level"], line["event"], line.get("error", "")) for line in lines]


async def test_a_journal_that_is_away_for_long_is_told_once_and_so_is_its_return() -> None:
    assert await logged("away", "away", "away", None, None) == [
        ("error", "journal unusable, holding", "away"),
        ("info", "journal usable again", ""),
    ]


async def test_another_trouble_and_one_that_comes_back_are_told() -> None:
    assert await logged("refused", "locked", None, "locked") == [
        ("error", "journal unusable, holding", "refused"),
        ("error", "journal unusable, holding", "locked"),
        ("info", "journal usable again", ""),
        ("error", "journal unusable, holding", "locked"),
    ]
