"""Who looks at once when an alert has come, and what waits for the next block."""

from __future__ import annotations

from pathlib import Path

import pytest

from devnet.keys import active_key
from switcher.loop import Loop
from switcher.model import ActionName
from switcher.running import open_switcher
from switcher.webhook import Accusation
from switcher.worker import Worker
from tests.switcher.calling import ALPHA, BETA, CHAIN
from tests.switcher.stage import WITNESS, Home


def accusation(key: str, *, firing: bool = True) -> Accusation:
    return Accusation(ActionName.ROTATE, WITNESS, key, "Alert", "f1", "2026", firing=firing)


async def test_worker_looks_at_once_at_what_is_new_and_may_be_true_and_at_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Loop] = []

    async def no_block_comes(*_: object) -> None:
        return

    monkeypatch.setattr("switcher.reception.keys_in_question", lambda *_: {ALPHA})
    monkeypatch.setattr("switcher.running.wake_with_blocks", no_block_comes)
    settings = Home(tmp_path, active_key(WITNESS).wif).settings()
    async with open_switcher(CHAIN, settings) as switcher:

        def look(worker: Loop) -> None:
            looked.append(worker)

        monkeypatch.setattr(Worker, "wake", look)

        async def posted(alert: Accusation) -> tuple[str, int]:
            looked.clear()
            [receipt] = await switcher.reception.take([alert])
            return receipt.result, len(looked)

        assert await posted(accusation(ALPHA)) == ("opened", 1)
        assert await posted(accusation(ALPHA)) == ("renewed", 0)
        assert await posted(accusation(ALPHA, firing=False)) == ("resolved", 1)
        assert await posted(accusation(BETA)) == ("opened", 0)
