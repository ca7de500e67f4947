"""What a drill has proven of each host. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chains.words import spelled
from switcher.answers import DrillStatus, Preview, Status
from switcher.model import DrillResult, Ending, Entry
from understudy.operate.course import course_of


@dataclass(frozen=True, slots=True)
class Host:
    """What a drill showed of a host: a word of the switcher's, None if it was not its turn."""

    name: str
    result: str | None
    detail: str = ""

    @property
    def signed(self) -> bool:
        """Tell whether it signed a block."""
        return self.result == DrillResult.SIGNED

    @property
    def told(self) -> str:
        """The result for people."""
        text = spelled(self.result or "not tried")
        return f"{text}: {self.detail}" if self.detail else text


@dataclass(frozen=True, slots=True)
class Proof:
    """What a drill has shown: the hosts in their turn, and who is on air after it.

    `complete`: each of them signed a block, and the first is back on air.
    """

    hosts: tuple[Host, ...]
    on_air: str | None
    complete: bool


def proof_of(plan: Preview | None, entries: Sequence[Entry], status: Status | None) -> Proof:
    """Return what a drill with these journal entries has shown; `status` is the switcher's since.

    Without a plan or a status nothing is proven.
    """
    witness = status.of(plan.witness) if plan and status else None
    if plan is None or witness is None or not entries:
        return Proof(tuple(Host(name, None) for name in _turns(plan)), None, complete=False)
    results = _results(witness.drills, entries[0].time)
    details = {each.name: each.detail for each in witness.producers}
    signed = {name for name, result in results.items() if result == DrillResult.SIGNED}
    hosts = tuple(
        Host(name, results.get(name), "" if name in signed else details.get(name, ""))
        for name in _turns(plan)
    )
    through = course_of(entries).ending == Ending.DRILLED
    back = plan.back is None or witness.on_air == plan.back
    complete = through and back and all(host.signed for host in hosts)
    return Proof(hosts, witness.on_air, complete)


def _turns(plan: Preview | None) -> list[str]:
    return [*plan.route, *([plan.back] if plan.back else [])] if plan else []


def _results(drills: Sequence[DrillStatus], since: float) -> dict[str, str]:
    """Return what was shown of each producer since the order, by its name; the newest counts."""
    recent = sorted((each for each in drills if each.time >= since), key=lambda each: each.time)
    return {each.producer: each.result for each in recent}
