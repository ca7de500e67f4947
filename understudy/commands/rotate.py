"""`understudy rotate`: hand a witness over to another host."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.commands.completing import producers
from understudy.commands.configured import load
from understudy.commands.handover import Handover
from understudy.commands.options import DEFAULT_CONFIG, Config, Json, Yes
from understudy.commands.ordering import Account, Why, known_witness, needs_terminal
from understudy.commands.output import print_json
from understudy.errors import CommandError

if TYPE_CHECKING:
    from understudy.operate.follow import Order


def rotate(
    witness: Account,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="NAME",
            help="The producer, instead of the next ready one.",
            autocompletion=producers,
        ),
    ] = None,
    why: Why = None,
    yes: Yes = False,
    as_json: Json = False,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Put another host on air, in the gap between two slots, so that no block is lost.

    Shows what it would do and asks; then tells each step until the host has signed a block and the
    update is irreversible. With --json it prints the plan and does nothing; with --json and --yes
    it acts, and prints what came of it.

    Exit status 0: that host was put on air; 1: it was not, or was on air already; 2: wrong use.
    """
    read = load(config)
    ring = known_witness(read, witness)
    names = [producer.name for producer in ring.producers]
    if to is not None and to not in names:
        text = f"{witness} has no producer {to!r} in {config}, only: {', '.join(names)}."
        raise typer.BadParameter(text)
    if not (yes or as_json):
        needs_terminal()
    from understudy.operate.client import SwitcherClient
    from understudy.operate.follow import Order

    given = {"witness": witness, "to": to, "why": why}
    wanted = {name: value for name, value in given.items() if value is not None}
    with SwitcherClient.of(read) as client:
        order = Order(client, "rotate", wanted)
        if as_json and not yes:
            print_json(asdict(order.look()))
            return
        problem = Handover(order, ring).carry_out(ask_first=not yes, as_json=as_json)
    rotated = order.plan is not None and order.course.put_on_air(order.plan.route[0])
    if as_json:
        print_json({"rotated": rotated, **_report(order, witness, to, problem)})
    if not rotated:
        raise typer.Exit(1) if as_json else CommandError(f"{order.body['to']} was not put on air.")


def _report(order: Order, witness: str, to: str | None, problem: str | None) -> dict[str, object]:
    course, plan = order.course, order.plan
    return {
        "witness": witness,
        "from": plan.on_air if plan else None,
        "to": plan.route[0] if plan else to,
        "incident": order.incident,
        "ending": course.ending,
        "sentence": problem or course.sentence,
        "transaction_id": course.transaction_id,
        "block": course.block,
    }
