"""Whether the voting nodes answer, and are on the chain that the configuration means. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from chains.bitshares.offset import FARTHEST
from chains.bitshares.survey import Canvass
from chains.bitshares.views import quorum_note
from chains.errors import ChainError, NodeError, WrongChainError
from chains.settings import ChainSettings
from understudy.doctor.finding import Finding, failure, warning

_STALE = 30.0
"""Seconds, ten slots of the main chain: more than a network's hiccup."""

_PROMPT = 1.5
"""Seconds by which a block may seem to be early where clocks are as they should be."""


def judge_number(chain: ChainSettings) -> Finding:
    """Return whether enough nodes vote."""
    count = len(chain.nodes)
    if note := quorum_note(count):
        return warning("voting nodes", note)
    return Finding("voting nodes", text=f"{count} configured")


def judge_nodes(canvass: Canvass, chain: ChainSettings, now: float) -> Iterator[Finding]:
    """Yield what is wrong with each node, and whether those that are well are enough."""
    well = 0
    for node in chain.nodes:
        what = f"node {node.name}"
        if trouble := canvass.troubles.get(node.name):
            yield _troubled(what, trouble)
            continue
        age = now - canvass.surveys[node.name].head_time
        if age > _STALE:
            text = f"its newest block is {age:.0f} s old; is it in sync, and is this clock right?"
            yield warning(what, f"{text} If not, name another one")
            continue
        well += 1
        yield Finding(what, text="answers, on the configured chain")
    if well < canvass.needed:
        text = f"{well} of {len(chain.nodes)} can be used and {canvass.needed} must agree"
        yield failure("voting nodes", f"{text}, so that nothing is rotated; see to the others")
    if canvass.surveys and canvass.agreed is None:
        text = (
            f"fewer than {canvass.needed} say the same of keys and accounts, which are not judged"
        )
        yield failure("voting nodes", f"{text}; ask again, or name other nodes")


def judge_clock(canvass: Canvass, now: float) -> Iterator[Finding]:
    """Yield how the clock here compares with the newest block that enough nodes have.

    Such a block is signed at its time or later, and heard of soon after. What is wrong by less than
    some seconds, only a running switcher or exporter can tell.
    """
    heads = sorted((each.head_time for each in canvass.surveys.values()), reverse=True)
    if len(heads) < canvass.needed:
        return
    ahead = now - heads[canvass.needed - 1]
    if -_PROMPT <= ahead <= _STALE:
        yield Finding(
            "clock", text=f"agrees with the chain, whose newest block is {ahead:.0f} s old"
        )
        return
    off = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the chain's newest block"
    remedy = "have it set by NTP" + (", or see whether the chain stands still" * (ahead > 0))
    if abs(ahead) > FARTHEST:
        text = f"is {off}, which is too far to make up for, so that nothing is rotated; {remedy}"
        yield failure("clock", text)
    else:
        yield warning("clock", f"is {off}; {remedy}")


def _troubled(what: str, trouble: ChainError) -> Finding:
    detail = trouble.detail if isinstance(trouble, NodeError) else str(trouble)
    if isinstance(trouble, WrongChainError):
        return failure(what, f"{detail}; name a node of that chain, or correct bitshares.chain_id")
    return warning(what, f"{detail}; start it, or name another one")
