"""What has to be well once everything is mended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

import httpx
from sqlalchemy.exc import SQLAlchemyError

from bench.faults import could_sign
from bench.soak.ground import Ground
from devnet.peers import PeerNetwork
from understudy.stack import Program

_MISSES = "bitshares_witness_recent_missed_blocks{"


async def unwell(ground: Ground) -> list[str]:
    """Return in sentences what is not well; nobody waits for what follows from something else."""
    if not ground.nurse.running:
        return ["a program does not run"]
    if off_air := list(_off_air(ground)):
        return off_air
    return [each async for each in _open(ground)]


def _off_air(ground: Ground) -> Iterable[str]:
    for ring in range(ground.net.settings.rings):
        host = ground.on_air(ring)
        if not could_sign(ground.net, host):
            yield f"{ground.account(ring)}: {host} is on air and can't sign"


async def _open(ground: Ground) -> AsyncIterator[str]:
    try:
        for rotation in (await ground.books.read()).rotations:
            if rotation.ended is None:
                yield f"a rotation of {rotation.draft.witness} is under way"
    except SQLAlchemyError as error:
        yield f"the journal can't be read: {error}"
    told = [await _misses(ground, exporter) for exporter in ground.stack.exporters]
    if any(each != told[0] or not each for each in told):
        yield "the exporters don't tell the same misses"
    if ground.net.peers and (trouble := await _of_peers(ground.net.peers)):
        yield trouble


async def _of_peers(peers: PeerNetwork) -> str:
    try:
        tips = {str((await peers.chain(node.name))[-1]) for node in peers.nodes}
    except httpx.HTTPError as error:
        return f"a peer doesn't answer: {error!r}"
    return "the peers don't have the same chain" if len(tips) > 1 else ""


async def _misses(ground: Ground, exporter: Program) -> list[str]:
    """Return what an exporter tells of misses, nothing where it doesn't answer."""
    try:
        answer = await ground.client.get(f"{exporter.url}/metrics")
    except httpx.HTTPError:
        return []
    return sorted(line for line in answer.text.splitlines() if line.startswith(_MISSES))
