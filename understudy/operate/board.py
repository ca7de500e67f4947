"""The switcher's status as a person takes it in at a glance: what is drawn, and how. Pure.

`now` comes in; times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from chains.settings import WitnessSettings
from chains.words import blocks, spelled
from switcher.answers import ProducerStatus, Status, WitnessStatus
from switcher.model import DrillResult, Entry, Readiness
from switcher.naming import with_names
from switcher.resolving.answers import ChainsStatus
from switcher.times import LONG_SINCE, ago, clock_time, date_and_time
from switcher.verdict import Concern, concerns_of, is_well

_STYLES = {
    Readiness.READY: "green",
    Readiness.UNWATCHED: "",
    Readiness.DOWN: "red",
    Readiness.FAILED: "red",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What the switcher said when it was looked at: its status, and the newest journal entries."""

    status: Status
    entries: Sequence[Entry]


def draw(look: Look, rings: Sequence[WitnessSettings], now: float) -> RenderableType:
    """Return all of it; `rings` have the names that stand for keys."""
    return Group(
        draw_verdict(look.status, rings, now),
        "",
        _services(look.status, now),
        *(part for each in look.status.witnesses for part in ("", _witness(each, now))),
        "",
        _events(look.entries, rings),
    )


def draw_verdict(status: Status, rings: Sequence[WitnessSettings], now: float) -> RenderableType:
    """Return whether all is well, and what is not."""
    concerns = concerns_of(status, now)
    return Group(_verdict(concerns), *(_concern(each, rings) for each in concerns))


def _verdict(concerns: Sequence[Concern]) -> Text:
    """Return the first line."""
    troubles = sum(concern.trouble for concern in concerns)
    if troubles:
        return Text("NOT WELL", style="bold red")
    return Text("well", style="bold green").append(
        ", but for what stands below" if concerns else "", style="yellow"
    )


def event(entry: Entry, rings: Sequence[WitnessSettings]) -> tuple[str, str, str, str]:
    """Return a journal entry: its time, whom it is about, its word, and its sentence."""
    word = {"opened": f"opened: {entry.value}", "ended": f"ended: {entry.value}"}
    told = word.get(entry.kind, entry.value)
    return clock_time(entry.time), entry.witness, told, with_names(entry.sentence, *rings)


def _concern(concern: Concern, rings: Sequence[WitnessSettings]) -> Text:
    style = "red" if concern.trouble else "yellow"
    mark = "✗" if concern.trouble else "!"
    return Text(f"  {mark} {concern.what}: {with_names(concern.text, *rings)}", style=style)


def _services(status: Status, now: float) -> Table:
    table = _columns(2)
    for word, told in _service_lines(status, now):
        table.add_row(Text(word, style="dim"), told)
    return table


def _service_lines(status: Status, now: float) -> Iterator[tuple[str, str]]:
    chain, clock = status.chain, status.clock
    if chain.head_block is not None and chain.head_time is not None:
        told = f"block {chain.head_block:,}, {ago(now - chain.head_time)}"
        irreversible = chain.irreversible_block
        yield "chain", f"{told}; irreversible to {irreversible or 0:,}"
    well = sum(is_well(node) for node in status.nodes)
    yield "nodes", f"{well} of {len(status.nodes)} can be used"
    beat = "" if status.heartbeat is None else f", heartbeat {ago(now - status.heartbeat)}"
    yield "alert path", f"{status.alert_path}{beat}"
    yield "clock", "not known yet" if clock.offset is None else f"{clock.offset:+.1f} s"
    yield from _peers(status.chains)


def _peers(chains: ChainsStatus) -> Iterator[tuple[str, str]]:
    if chains.replica is None:
        return
    known = chains.replica.length is not None
    yield "replica", blocks(chains.replica.length or 0) if known else "not known yet"
    for peer in chains.peers:
        length = "unknown length" if peer.length is None else blocks(peer.length)
        yield f"peer {peer.name}", f"{spelled(peer.verdict)}, {length}"


def _witness(witness: WitnessStatus, now: float) -> RenderableType:
    hosts = _columns(4)
    for each in witness.producers:
        drill = witness.last_drill(each.name)
        hosts.add_row(
            Text(f"  {each.name}", style="bold" if each.in_force else ""),
            Text("on air", style="green") if each.in_force else _readiness(each),
            f"{spelled(drill.result)} {ago(now - drill.time)}" if drill else "no drill",
            Text(each.detail, style="dim"),
            style="" if drill is None or drill.result == DrillResult.SIGNED else "yellow",
        )
    lines = [Text(line, style="dim") for line in _about(witness, now)]
    return Group(_headline(witness, now), hosts, *lines)


def _headline(witness: WitnessStatus, now: float) -> Text:
    who = witness.on_air or "nobody of the ring"
    told = Text.assemble((witness.witness, "bold"), ": ", (who, "bold green"), " on air")
    if witness.on_air is None:
        told.stylize("red")
    if witness.term_since is not None:
        told.append(f" since {date_and_time(witness.term_since)}")
    elif witness.signing_key is not None:
        told.append(f" {LONG_SINCE}")
    if witness.term_since_block is not None:
        told.append(f" (block {witness.term_since_block:,})")
    return told.append(f"; {_slot(witness, now)}; {witness.missed_blocks} missed lately")


def _slot(witness: WitnessStatus, now: float) -> str:
    if witness.next_slot is None:
        return "its next slot is not drawn yet"
    wait = witness.next_slot - now
    return f"next slot in {wait:.0f} s" if wait > 0 else "its slot is now"


def _about(witness: WitnessStatus, now: float) -> Iterator[str]:
    word = "armed" if witness.armed else "disarmed"
    since = ago(now - witness.armed_since)
    why = f": {witness.armed_why}" if witness.armed_why else ""
    yield f"  {word} by {witness.armed_by} {since}{why}"
    left = f"  {witness.budget_remaining} rotations left of the last 24 hours' budget"
    acts = "" if witness.acting else f"; {witness.actor or 'nobody'} acts for it"
    yield left + acts
    if witness.rotation:
        rotation = witness.rotation
        at = f" as {rotation.transaction_id}" if rotation.transaction_id else ""
        yield f"  under way: rotation {rotation.id} to {rotation.producer}{at}"


def _readiness(producer: ProducerStatus) -> Text:
    return Text(producer.readiness, style=_STYLES.get(Readiness(producer.readiness), ""))


def _events(entries: Sequence[Entry], rings: Sequence[WitnessSettings]) -> RenderableType:
    if not entries:
        return Text("nothing in the journal yet", style="dim")
    table = _columns(4)
    for entry in entries:
        time, witness, word, sentence = event(entry, rings)
        table.add_row(Text(time, style="dim"), witness, Text(word, style="cyan"), sentence)
    return table


def _columns(count: int) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(count - 1):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table
