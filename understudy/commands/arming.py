"""`understudy arm` and `understudy disarm`: whether the switcher may rotate by itself."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.commands.completing import witnesses
from understudy.commands.configured import load
from understudy.commands.options import DEFAULT_CONFIG, Config, Json, Yes
from understudy.commands.ordering import ask, known_witness, needs_terminal
from understudy.commands.output import answers, print_json, remarks, waiting

if TYPE_CHECKING:
    from switcher.answers import ArmingState, ProducerStatus
    from understudy.config import Configuration
    from understudy.operate.client import SwitcherClient

Which = Annotated[
    str | None,
    typer.Argument(
        metavar="WITNESS",
        help="The witness account; all without one.",
        autocompletion=witnesses,
    ),
]
Reason = Annotated[str, typer.Option("--why", metavar="TEXT", help="For the journal.")]


def arm(
    why: Reason,
    witness: Which = None,
    yes: Yes = False,
    as_json: Json = False,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Allow the switcher to rotate by itself; kept over restarts.

    Shows what that allows, and asks.
    """
    read = _checked(config, witness, why)
    if not yes:
        needs_terminal()
    from understudy.operate.client import SwitcherClient

    with SwitcherClient.of(read) as client:
        if not yes:
            _show_what_it_allows(client, witness)
            ask(f"Arm {witness or 'all witnesses'}?")
        _tell(_told_to(client, witness, why, armed=True), as_json)


def disarm(
    why: Reason,
    witness: Which = None,
    as_json: Json = False,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Forbid the switcher to rotate by itself, and end what was ordered; kept over restarts.

    A transaction that is sent already takes its course. Orders given later are carried out.
    """
    read = _checked(config, witness, why)
    from understudy.operate.client import SwitcherClient

    with SwitcherClient.of(read) as client:
        _tell(_told_to(client, witness, why, armed=False), as_json)


def _checked(config: Path, witness: str | None, why: str) -> Configuration:
    # The switcher refuses this too, but only after the question was answered.
    if not why.strip():
        raise typer.BadParameter("--why needs a text.")
    read = load(config)
    if witness is not None:
        known_witness(read, witness)
    return read


def _told_to(
    client: SwitcherClient, account: str | None, why: str, *, armed: bool
) -> list[ArmingState]:
    with waiting("telling the switcher"):
        return client.arm(account, why, armed=armed)


def _show_what_it_allows(client: SwitcherClient, account: str | None) -> None:
    with waiting("asking the switcher"):
        status = client.status()
    for each in status.witnesses:
        if account not in (None, each.witness):
            continue
        backups = [p for p in each.producers if not p.in_force]
        told = ", ".join(_told(p) for p in backups) or "there are none"
        remarks.print(
            f"{each.witness}: {each.on_air or 'nobody of the ring'} is on air", markup=False
        )
        remarks.print(f"  backups: {told}", markup=False)
        left = each.budget_remaining
        remarks.print(f"  rotations left of the last 24 hours' budget, each for a fee: {left}")
    if status.dry_run:
        remarks.print("This switcher runs dry: it will only say what it would do.", style="yellow")


def _told(backup: ProducerStatus) -> str:
    why = f" ({backup.detail})" if backup.detail else ""
    return f"{backup.name} {backup.readiness}{why}"


def _tell(states: list[ArmingState], as_json: bool) -> None:
    from switcher.times import date_and_time

    if as_json:
        print_json({"witnesses": [asdict(state) for state in states]})
        return
    for state in states:
        word = "armed" if state.armed else "disarmed"
        since = date_and_time(state.since)
        answers.print(
            f"{state.witness} is {word} by {state.who} since {since}: {state.why}", markup=False
        )
