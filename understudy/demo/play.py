"""The demonstration from an empty stage to a clean one, in three acts."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console

from devnet.settings import DevnetSettings
from understudy.demo.narrator import Narrator
from understudy.demo.peers import PeerScene
from understudy.demo.report import Act, Convergence, Moments, Report
from understudy.demo.scene import Scene
from understudy.demo.stage import Set, stage
from understudy.stay import tell_addresses, until_interrupted

PLAIN = DevnetSettings(witnesses=7, interval=1, prehistory=60)
"""The first act's devnet: each witness has a slot every 7 s, so that three misses come soon."""

AHEAD = DevnetSettings(witnesses=27, interval=1, prehistory=150, peers=3)
"""The second act's: as many witnesses as on the public chain, at a third of the time.

The third act plays on the same stage, among the peers."""

AHEAD_POLICY = {"preempt_after": "3s"}
"""The shipped 13 s would be half a round here; the rules' `for: 8s` comes before it anyway."""

_AHEAD_SECONDS = 16.0
"""Time that the second act leaves: 8 s for the rule and a few for everything behind it."""

_SET_SECONDS = 60.0
_MOMENT_SECONDS = 120.0
_FAILOVER_SECONDS = 120.0
_RESOLVE_SECONDS = 60.0


async def play(console: Console, announce: Callable[[Report], None], *, keep: bool) -> Report:
    """Show two failovers and a peer that is brought along, announce and return what was seen.

    With `keep` the last stage then stays up until the process is interrupted; otherwise the
    report is announced once everything is cleaned up.

    Raises:
        StackError: a program did not start, or did not answer.
    """
    narrator = Narrator(console, time.time)
    narrator.title("Understudy: a witness' host dies, its backup takes over")
    first = await _first(narrator)
    async with stage(AHEAD, interval="1s", policy=AHEAD_POLICY) as running:
        act, moments = await _second(running, narrator)
        third = await _third(running, narrator)
        report = Report(first, act.rotated and moments.ahead, act.missed_blocks, third)
        if keep:
            tell_addresses(console, running.addresses())
            announce(report)
            await until_interrupted(running.stack)
    if not keep:
        announce(report)
    return report


async def _first(narrator: Narrator) -> Act:
    account = PLAIN.accounts()[0]
    narrator.note(
        f"{PLAIN.witnesses} witnesses, a block every second. {account} has the hosts "
        f"{', '.join(PLAIN.hosts)},\neach with a signing key of its own. "
        "Prometheus and Alertmanager are the real ones.\n"
    )
    narrator.title("First act: nothing is known of the hosts, so that three misses have to tell")
    async with stage(PLAIN, interval="1s", endpoints=False) as running, running.journal() as diary:
        witness = running.watch.settings.witnesses[0]
        scene = Scene(running.net, running.watch, witness, diary, narrator)
        producer = await scene.ready(_SET_SECONDS)
        return await scene.failover(producer, _FAILOVER_SECONDS)


async def _second(running: Set, narrator: Narrator) -> tuple[Act, Moments]:
    narrator.title(
        "\nSecond act: each host's own endpoint is watched, so that none has to be missed"
    )
    narrator.note(f"{AHEAD.witnesses} witnesses, so that each has one slot in 27 seconds.\n")
    narrator.stop_clock()
    async with running.journal() as diary:
        witness = running.watch.settings.witnesses[0]
        scene = Scene(running.net, running.watch, witness, diary, narrator)
        producer = await scene.ready(_SET_SECONDS)
        await scene.far_from_its_slot(producer, _AHEAD_SECONDS, _MOMENT_SECONDS)
        return await scene.failover(producer, _FAILOVER_SECONDS), scene.moments


async def _third(running: Set, narrator: Narrator) -> Convergence:
    narrator.title("\nThird act: a peer chain, on which one node lags behind the others")
    narrator.note("Nodes of such a chain take over a longer one only when somebody asks them to.\n")
    narrator.stop_clock()
    assert running.net.peers is not None
    async with running.journal() as diary:
        scene = PeerScene(running.net.peers, diary, narrator)
        return await scene.play(_RESOLVE_SECONDS)
