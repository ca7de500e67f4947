"""An hour of short troubles before the whole real stack, none of which should make it switch."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from bench.alerts import AlertLog
from bench.bars import Bar, judge
from bench.blips import LONGEST, Blip, draw_blip, undergo
from bench.chronicle import Change
from bench.figures import resident_mb
from bench.needless import Roll, was_needless
from bench.news import meanwhile, say
from bench.theatre import Theatre, theatre
from chains.settings import WitnessSettings
from devnet.hosts import api_names, ring_keys

BARS = (Bar("needless_switches", most=0),)
TOLD = ("minutes", "blips", "blips_on_air", "plans", "rotations", "missed_blocks")
MINUTES = 60
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Switch:
    """A rotation that is in a block, and whether it was needless."""

    account: str
    from_host: str
    change: Change
    needless: bool


async def measure(minutes: int = MINUTES, seed: int | None = None) -> dict[str, Any]:
    """Return the figures of `understudy bench soak`.

    Raises:
        StackError: the stack failed.
    """
    seed = random.randrange(10**6) if seed is None else seed
    say(f"soak: seed {seed}, {minutes} minutes")
    async with theatre() as running:
        net, stack = running.running.net, running.running.stack
        roll, alerts = Roll(net, ring_keys(net.settings)), AlertLog(stack.prometheus.url)
        began, first = asyncio.get_running_loop().time(), running.chronicle.head
        memory = _memory(running, "start")
        async with meanwhile(roll.run(), alerts.run()):
            blips = await _all_blips(running, minutes, random.Random(seed))
            memory |= _memory(running, "end")
            switches = await _switches(running, roll, first.number if first else 0)
            missed = _missed(running, first.time if first else 0)
        seconds = asyncio.get_running_loop().time() - began
    figures = {
        "seed": seed,
        "minutes": round(seconds / 60, 1),
        "blips": len(blips),
        "blips_on_air": sum(blip.role == "on air" for blip in blips),
        "plans": _decided(running, "not_yet"),
        "rotations": len(switches),
        "needless_switches": sum(switch.needless for switch in switches),
        "missed_blocks": missed,
        "alerts": alerts.count(),
        **memory,
    }
    return judge("soak", figures, BARS)


async def _all_blips(running: Theatre, minutes: int, draw: random.Random) -> list[Blip]:
    """Let one blip happen in each minute, at a random moment of it."""
    loop, blips = asyncio.get_running_loop(), []
    for minute in range(minutes):
        ends = loop.time() + _MINUTE
        await asyncio.sleep(draw.uniform(0, _MINUTE - LONGEST))
        blip = draw_blip(draw, _roles(running))
        say(f"soak: minute {minute + 1} of {minutes}: {blip.text}")
        await undergo(running.running.net, blip)
        blips.append(blip)
        await asyncio.sleep(ends - loop.time())
    return blips


def _roles(running: Theatre) -> dict[str, list[str]]:
    settings = running.running.net.settings
    on_air = [running.on_air(witness) for witness in running.witnesses]
    rings, voting = ring_keys(settings), api_names(settings)
    others = [name for name in running.running.net.nodes if name not in (*rings, *voting)]
    return {
        "on air": on_air,
        "backup": [name for name in rings if name not in on_air],
        "backbone": others,
        "voting": list(voting),
    }


async def _switches(running: Theatre, roll: Roll, head: int) -> list[Switch]:
    """Judge every rotation since a height; the last ones once their next slot has come."""
    return [
        switch
        for witness in running.witnesses
        for switch in await _switches_of(running, roll, witness, head)
    ]


async def _switches_of(
    running: Theatre, roll: Roll, witness: WitnessSettings, head: int
) -> list[Switch]:
    chronicle, witness_id = running.chronicle, running.witness_id(witness.account)
    found, host = [], witness.producers[0].name
    for change in chronicle.changes(witness_id, head):

        def judge(host: str = host, change: Change = change) -> bool | None:
            return was_needless(chronicle, roll, witness_id, host, change)

        switch = Switch(witness.account, host, change, await chronicle.news.until(judge))
        say(f"soak: {witness.account} from {host}: {'needless' if switch.needless else 'needed'}")
        found.append(switch)
        successor = witness.producer_of(change.key)
        host = successor.name if successor else change.key
    return found


def _missed(running: Theatre, since: int) -> int:
    slots = (
        slot
        for witness in running.witnesses
        for slot in running.chronicle.slots(running.witness_id(witness.account), since)
    )
    return sum(slot.key is None for slot in slots)


def _decided(running: Theatre, decision: str) -> int:
    """Return in how many incidents something was decided."""
    entries = running.diary.entries
    return len({e.incident for e in entries if (e.kind, e.value) == ("decision", decision)})


def _memory(running: Theatre, moment: str) -> dict[str, float]:
    stack = running.running.stack
    return {
        f"exporter_rss_mb_{moment}": resident_mb(stack.exporter),
        f"switcher_rss_mb_{moment}": resident_mb(stack.switcher),
    }
