"""Several switchers on one journal: one of them sees to chains, and the others can't."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from switcher.errors import StandbyError
from switcher.lease import CHAINS, Leases
from switcher.model import Ending
from switcher.resolving.model import ResolveDecision
from tests.switcher.resolving.peering import LONG, SHORT, peers, replica_settings, scene
from tests.switcher.scripted import Script


async def test_only_who_has_the_lease_for_chains_acts(
    tmp_path: Path, postgresql_url: str, script: Script
) -> None:
    with peers(SHORT, LONG) as [p1, p2]:
        urls = [p1.url, p2.url]
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
        replicas = [replica_settings(tmp_path / name, urls) for name in ("first", "second")]
        async with (
            scene(tmp_path, replicas[0], journal=postgresql_url) as first,
            scene(tmp_path, replicas[1], journal=postgresql_url) as second,
        ):
            leases, kept = [], []
            for name, s in (("first", first), ("second", second)):
                session = s.journal.lease_session(name)
                leases.append(Leases(session, [], lambda: True, script.clock))
                s.journal.act_under(leases[-1])
                await leases[-1].beat()
                kept.append(asyncio.create_task(leases[-1].run(lambda: None)))
            assert first.desk.docket.acts
            assert not second.desk.docket.acts
            assert await second.post() == ["opened"]
            await second.step()
            assert p1.called == []
            assert await second.words() == ["resolve_chain"]
            [matter] = await second.desk.docket.open(second.worker.which)
            with pytest.raises(StandbyError):
                await second.desk.docket.end(matter, Ending.RESOLVED, "no", 1.0)
            with pytest.raises(StandbyError):
                word = ResolveDecision.RESOLVE
                await second.desk.docket.decide(matter, word, "no", {}, 1.0)
            await _cancelled(kept[0])
            await leases[1].beat()
            assert second.journal.acts_for(CHAINS)
            await second.step()
            assert (await second.words())[-1] == "resolved"
            assert p1.chain == p2.chain
            assert await first.words() == await second.words()
            await _cancelled(kept[1])


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
