"""How each trouble is played, from its beginning to its end; each returns what was done to whom.

Whatever is broken is mended again, also where the soak is cut short meanwhile. What is in trouble
already raises AilingError.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

from bench.faults import Fault, strike
from bench.soak import strangers
from bench.soak.ground import JOURNAL, Ground
from bench.soak.people import asked
from bench.soak.plan import Kind, Trouble
from switcher.journal.tables import metadata

_NOTICED = 60.0
"""Seconds within which a switcher notices that its clock was set."""


async def fail(ground: Ground, trouble: Trouble) -> str:
    """Break a node for a while."""
    name = ground.node(trouble.role, trouble.index)
    async with ground.suffering(f"{trouble.kind}: {trouble.how}", name):
        await _break(ground, name, trouble.how, trouble.amount)
        await asyncio.sleep(trouble.seconds)
    return name


async def fork(ground: Ground, trouble: Trouble) -> str:
    """Have a voting node and two hosts of other witnesses on a chain of their own."""
    names = [ground.node("voting", trouble.index)]
    names += [ground.node("backbone", trouble.index + step) for step in (1, 2)]
    async with ground.suffering("fork", *names):
        ground.net.faults.partition([names])
        await asyncio.sleep(trouble.seconds)
    return ", ".join(names)


async def outage(ground: Ground, trouble: Trouble) -> str:
    """Break half of the other witnesses' hosts."""
    half = math.ceil(ground.net.settings.backbone / 2)
    names = [ground.node("backbone", trouble.index + step) for step in range(half)]
    async with ground.suffering("outage", *names):
        for name in names:
            await _break(ground, name, trouble.how, 0)
        await asyncio.sleep(trouble.seconds)
    return ", ".join(names)


async def orphan(ground: Ground, trouble: Trouble) -> str:
    """Have the network leave the next block that holds a transaction."""
    ground.orphanings.append(ground.net.faults.orphan(again=trouble.how == "again"))
    return "the next block with a transaction"


async def watcher(ground: Ground, trouble: Trouble) -> str:
    """Kill a program and start it again, or have it stand still."""
    name = sorted(ground.nurse.programs)[trouble.index]
    done = ground.nurse.frozen if trouble.how == "freeze" else ground.nurse.killed
    async with done(name):
        await asyncio.sleep(trouble.seconds)
    return name


async def both(ground: Ground, trouble: Trouble) -> str:
    """Kill all programs of a kind, and start them again."""
    stack = ground.stack
    kinds = (stack.exporters, stack.switchers, stack.prometheuses, stack.alertmanagers)
    names = [program.name for program in kinds[trouble.index]]
    async with ground.nurse.killed(*names):
        await asyncio.sleep(trouble.seconds)
    return ", ".join(names)


async def database(ground: Ground, trouble: Trouble) -> str:
    """Lock the journal's tables, or have its server away."""
    if trouble.how == "lock":
        locking = asyncio.create_task(asyncio.to_thread(_lock, ground, trouble.seconds))
        try:
            await asyncio.shield(locking)
        finally:
            await locking
        return "its tables"
    end = ground.cluster.stop if trouble.how == "restart" else ground.cluster.crash
    await asyncio.to_thread(end)
    try:
        await asyncio.sleep(trouble.seconds)
    finally:
        await asyncio.to_thread(ground.cluster.start)
    return "PostgreSQL"


async def webhook(ground: Ground, trouble: Trouble) -> str:
    """Repeat the last webhooks to a switcher, or have them come late or not at all."""
    passage = ground.passages[trouble.index]
    match trouble.how:
        case "late":
            passage.late = trouble.amount
        case "cut":
            passage.cut = True
        case _:
            await strangers.repeat(ground, trouble)
            return passage.target
    try:
        await asyncio.sleep(trouble.seconds)
    finally:
        passage.late, passage.cut = 0.0, False
    return passage.target


async def clock(ground: Ground, trouble: Trouble) -> str:
    """Put a switcher's clock off for a while."""
    off = trouble.amount if trouble.how == "ahead" else -trouble.amount
    ledger = ground.passages[trouble.index].ledger
    ledger.slack = trouble.amount
    ground.clocks[trouble.index].set(off)
    try:
        await asyncio.sleep(trouble.seconds)
    finally:
        ground.clocks[trouble.index].set(0)
    await asyncio.sleep(_NOTICED)
    ledger.slack = 0.0
    return f"{ground.stack.switchers[trouble.index].name} by {off:+.0f} s"


async def peer(ground: Ground, trouble: Trouble) -> str:
    """Take a peer away for a while; or have the others mine ahead, in one case beside it."""
    peers = ground.net.peers
    assert peers
    names = [node.name for node in peers.nodes]
    one = names.pop(trouble.index)
    ahead = math.ceil(trouble.amount)
    if trouble.how == "kill":
        await peers.kill(one)
        try:
            await asyncio.sleep(trouble.seconds)
        finally:
            await peers.heal(one)
        return one
    if trouble.how == "forks":
        await peers.mine(one)
        ahead += 1
    await peers.mine_ahead(names, ahead)
    return one


async def _break(ground: Ground, name: str, how: str, delay: float) -> None:
    node = ground.net.nodes[name]
    if how == "swallow":
        node.swallow()
    elif how.startswith("lie "):
        node.lie(how.removeprefix("lie "))
    else:
        await strike(ground.net, name, Fault(how), delay)


def _lock(ground: Ground, seconds: float) -> None:
    """Hold all tables of the journal, as a careless administrator's session might."""
    names = ", ".join(table.name for table in metadata.sorted_tables)
    with ground.cluster.connect(JOURNAL) as connection, connection.transaction():
        connection.execute(f"lock table {names} in access exclusive mode")
        connection.execute("select pg_sleep(%s)", [seconds])


ACTS: dict[Kind, Callable[[Ground, Trouble], Awaitable[str]]] = {
    Kind.FAILURE: fail,
    Kind.BACKUP: fail,
    Kind.BLIP: fail,
    Kind.VOTING: fail,
    Kind.FORK: fork,
    Kind.ORPHAN: orphan,
    Kind.OUTAGE: outage,
    Kind.WATCHER: watcher,
    Kind.BOTH: both,
    Kind.DATABASE: database,
    Kind.STRANGER: strangers.forge,
    Kind.WEBHOOK: webhook,
    Kind.PERSON: asked,
    Kind.CLOCK: clock,
    Kind.PEER: peer,
}
