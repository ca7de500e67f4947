"""`understudy drill`: put every backup on air in turn, before that is needed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from understudy.commands.configured import load
from understudy.commands.handover import Handover
from understudy.commands.options import DEFAULT_CONFIG, Config, Json, Yes
from understudy.commands.ordering import Account, Why, known_witness, needs_terminal
from understudy.commands.output import answers, print_json
from understudy.errors import CommandError

if TYPE_CHECKING:
    from understudy.operate.follow import Order
    from understudy.operate.proof import Proof


def drill(
    witness: Account,
    why: Why = None,
    yes: Yes = False,
    as_json: Json = False,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Put every backup on air in turn, see each sign a block, and go back to the first.

    Shows what it would do, what it costs and how long it takes, and asks; then tells each step, and
    in the end which backups could sign. One that never signs costs a block. With --json it prints
    the plan and does nothing; with --json and --yes it acts, and prints what came of it.

    Exit status 0: every backup signed and the first is back on air; 1: not so; 2: wrong use.
    """
    read = load(config)
    ring = known_witness(read, witness)
    if not (yes or as_json):
        needs_terminal()
    from understudy.operate.client import SwitcherClient
    from understudy.operate.follow import Order
    from understudy.operate.proof import proof_of

    wanted = {"witness": witness, **({"why": why} if why is not None else {})}
    with SwitcherClient.of(read) as client:
        order = Order(client, "drill", wanted)
        if as_json and not yes:
            print_json(asdict(order.look()))
            return
        problem = Handover(order, ring).carry_out(ask_first=not yes, as_json=as_json)
        proof = proof_of(order.plan, order.entries, None if problem else client.status())
    if as_json:
        print_json(_report(order, witness, proof, problem))
    else:
        _show(proof)
    if not proof.complete:
        raise typer.Exit(1) if as_json else CommandError(_verdict(proof))


def _show(proof: Proof) -> None:
    for each in proof.hosts:
        style = "green" if each.signed else "red"
        answers.print(f"  {each.name:<16}  {each.told}", style=style, markup=False)


def _verdict(proof: Proof) -> str:
    on_air = f"; {proof.on_air} is on air" if proof.on_air else ""
    return f"Not every host has shown that it signs{on_air}."


def _report(order: Order, witness: str, proof: Proof, problem: str | None) -> dict[str, object]:
    return {
        "drilled": proof.complete,
        "witness": witness,
        "on_air": proof.on_air,
        "incident": order.incident,
        "ending": order.course.ending,
        "sentence": problem or order.course.sentence,
        "producers": [{"name": each.name, "result": each.result} for each in proof.hosts],
    }
