"""A chain that would replace more of the replica's blocks than may go, and what it holds up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from devnet.plain_http import json_answer
from tests.peernode.made import chain
from tests.switcher.resolving.peering import LONG, SHORT, peers, replica_settings, scene


async def test_peer_that_only_lacks_blocks_is_brought_up_whatever_deeper_chain_another_has(
    tmp_path: Path,
) -> None:
    forged = chain(8, on=LONG[:2], stamp=9.0)
    with peers(SHORT, LONG, LONG) as [p1, p2, p3]:
        replica = replica_settings(tmp_path, [p1.url, p2.url, p3.url])
        async with scene(tmp_path, replica) as s:
            await s.keeper.compare("p1")
            p2.hold(forged)
            await s.post()
            await s.step()
            assert (await s.words())[-2:] == ["converged", "resolved"]
            assert p1.chain == p3.chain


async def test_what_a_person_allows_is_allowed_once(tmp_path: Path) -> None:
    meant = chain(8, on=LONG[:2], stamp=9.0)
    forged = chain(12, on=LONG[:2], stamp=7.0)
    with peers(LONG, LONG) as [p1, p2]:
        async with scene(tmp_path, replica_settings(tmp_path, [p1.url, p2.url])) as s:
            await s.keeper.compare("p1")

            def moves_a_little() -> Any:
                p1.hold(meant[:7])
                p2.hold(forged)
                return json_answer({})

            p1.on_resolve = moves_a_little
            p2.hold(meant)
            await s.ask(6)
            for _ in range(3):
                await s.step()
            adopted = [e.details["replica"] for e in await s.entries() if e.value == "adopted"]
            assert [each["tip"] for each in adopted] == [meant[-1].hash]
            assert s.metric("understudy_replica_length_blocks") == 8
