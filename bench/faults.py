"""What is done to hosts and nodes, and whether a host could sign."""

from __future__ import annotations

from enum import StrEnum

from devnet.launch import Devnet


class Fault(StrEnum):
    """A way to fail."""

    KILL = "kill"
    FREEZE = "freeze"
    CUT = "cut"
    SLOW_ANSWERS = "slow_answers"
    SLOW_MESSAGES = "slow_messages"


FAILURES = (Fault.KILL, Fault.FREEZE, Fault.CUT)
"""Those in which a host signs no more blocks of the canonical chain."""


async def strike(net: Devnet, name: str, fault: Fault, delay: float = 0.0) -> None:
    """Let a node fail; with the slow ones everything comes `delay` seconds late."""
    node = net.nodes[name]
    match fault:
        case Fault.KILL:
            await node.kill()
        case Fault.FREEZE:
            await node.freeze()
        case Fault.CUT:
            node.cut()
        case Fault.SLOW_ANSWERS:
            node.lag(answers=delay)
        case Fault.SLOW_MESSAGES:
            node.lag(messages=delay)


def could_sign(net: Devnet, name: str) -> bool:
    """Tell whether a host, given the key in force, would sign the next slot for all to see.

    It runs, has its peers, and is at the canonical head; whether its own endpoint is slow doesn't
    matter, and how late it hears of blocks only if that leaves it behind.
    """
    ails = net.faults.describe(name)
    moving = not ails["killed"] and not ails["frozen"]
    return moving and not ails["group"] and net.nodes[name].chain.state.id == net.state.id
