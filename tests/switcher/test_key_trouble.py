"""What is told of the keys at hand, whatever the nodes say meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

import pytest
from structlog.testing import capture_logs

from chains.bitshares.watch import Watch
from switcher.custody import Custody
from switcher.errors import DisagreementError
from switcher.rotate import Rotator
from tests.switcher.stage import WITNESS

Found = str | Exception | None
Look = Callable[..., Awaitable[dict[str, str]]]


@dataclass
class Chain:
    """A watch that changes, and a rotator that finds one thing after the other, then no more."""

    finds: list[Found]
    looked: int = 0
    through: asyncio.Event = field(default_factory=asyncio.Event)

    async def changed(self, seen: int) -> int:
        await asyncio.sleep(0)
        return seen + 1

    async def key_refusal(self, witness: str) -> str | None:
        assert witness == WITNESS
        if self.looked == len(self.finds):
            self.through.set()
            await asyncio.Event().wait()
        found = self.finds[self.looked]
        self.looked += 1
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
async def look(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Look]:
    """Return what has a custody find one thing after the other, and returns its troubles."""
    monkeypatch.setattr("switcher.custody._LOOK_EVERY", 0.0)
    running = []

    async def through(*finds: Found) -> dict[str, str]:
        chain = Chain(list(finds))
        custody = Custody(cast("Watch", chain), cast("Rotator", chain), [WITNESS])
        running.append(asyncio.create_task(custody.run()))
        await asyncio.wait_for(chain.through.wait(), 5)
        return custody.troubles

    yield through
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_trouble_that_comes_later_is_told_and_so_is_its_end(look: Look) -> None:
    assert await look(None, "the key is none of its authorities") == {
        WITNESS: "the key is none of its authorities"
    }
    assert await look("the key is none of its authorities", None) == {WITNESS: ""}


@pytest.mark.parametrize("failure", [DisagreementError("no majority"), RuntimeError("unforeseen")])
async def test_what_was_known_stays_while_the_nodes_do_not_tell(
    look: Look, failure: Exception
) -> None:
    assert await look(failure, "trouble", failure) == {WITNESS: "trouble"}
    assert await look(failure) == {}


async def test_trouble_that_goes_on_is_logged_once(look: Look) -> None:
    with capture_logs() as logs:
        await look("trouble", "trouble", None, "trouble", "other trouble")
    told = [log["why"] for log in logs if log["event"] == "no rotation can be signed"]
    assert told == ["trouble", "trouble", "other trouble"]
