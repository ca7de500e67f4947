"""Short troubles of a random node or host, over before anybody need be replaced."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.faults import Fault, strike
from devnet.launch import Devnet

SHORTEST, LONGEST = 5.0, 15.0
_LONGEST_DELAY = 6.0
"""Seconds by which a slow node's answers or messages are late, at most: two slots."""


@dataclass(frozen=True, slots=True)
class Blip:
    """What happens to whom for how long; `role` says what the node was, `delay` in seconds."""

    role: str
    name: str
    fault: Fault
    seconds: float
    delay: float

    @property
    def text(self) -> str:
        """Return it as a line for people."""
        slow = self.fault in (Fault.SLOW_ANSWERS, Fault.SLOW_MESSAGES)
        by = f" by {self.delay:.1f} s" if slow else ""
        return f"{self.fault} {self.name} ({self.role}){by} for {self.seconds:.1f} s"


def draw_blip(draw: random.Random, roles: Mapping[str, Sequence[str]]) -> Blip:
    """Draw a blip: first a role, each as likely, then a node in it, so that those on air get some.

    `roles` are the names of nodes by what they are at the moment.
    """
    role = draw.choice(sorted(role for role, names in roles.items() if names))
    return Blip(
        role,
        draw.choice(sorted(roles[role])),
        draw.choice(list(Fault)),
        draw.uniform(SHORTEST, LONGEST),
        draw.uniform(1.0, _LONGEST_DELAY),
    )


async def undergo(net: Devnet, blip: Blip) -> None:
    """Let a blip happen from its beginning to its end."""
    await strike(net, blip.name, blip.fault, blip.delay)
    try:
        await asyncio.sleep(blip.seconds)
    finally:
        await net.nodes[blip.name].heal()
