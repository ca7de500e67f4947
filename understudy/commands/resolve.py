"""`understudy resolve`: bring a peer to the longest valid chain, or have a node examined."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from understudy.commands.completing import nodes_and_peers
from understudy.commands.configured import load
from understudy.commands.dialogue import Dialogue
from understudy.commands.options import DEFAULT_CONFIG, Config, Json, Yes
from understudy.commands.ordering import Why, needs_terminal
from understudy.commands.output import answers, print_json
from understudy.errors import CommandError

if TYPE_CHECKING:
    from switcher.resolving.answers import ResolvePreview
    from understudy.config import Configuration
    from understudy.operate.resolving import Resolving


def resolve(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="The node or peer, as in the configuration.",
            autocompletion=nodes_and_peers,
        ),
    ],
    allow_depth: Annotated[
        int | None,
        typer.Option(
            "--allow-depth",
            metavar="N",
            min=0,
            help="Own blocks that the replica may give up for a longer chain.",
        ),
    ] = None,
    why: Why = None,
    yes: Yes = False,
    as_json: Json = False,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Bring a peer to the longest valid chain; of a node, examine all of them and report.

    Shows what would be done and asks; then tells each step until the peer has that chain. A peer
    adopts it by its own /nodes/register and /nodes/resolve. With --json it prints the plan and does
    nothing; with --json and --yes it acts, and prints what came of it.

    Exit status 0: the peer has the chain, or the report is made; 1: it has not, or had it already;
    2: wrong use.
    """
    read = load(config)
    kind = _kind(read, name)
    if kind == "node" and allow_depth is not None:
        raise typer.BadParameter("--allow-depth goes with a peer.")
    if not (yes or as_json):
        needs_terminal()
    from understudy.operate.client import SwitcherClient
    from understudy.operate.resolving import Resolving

    given = {kind: name, "why": why, "allow_depth": allow_depth}
    wanted = {key: value for key, value in given.items() if value is not None}
    with SwitcherClient.of(read) as client:
        order = Resolving(client, wanted)
        if as_json and not yes:
            print_json(asdict(order.look()))
            return
        problem = _Resolution(order).carry_out(ask_first=not yes, as_json=as_json)
    if as_json:
        print_json({"resolved": order.done, **_report(order, kind, name, problem)})
    if not order.done:
        raise typer.Exit(1) if as_json else CommandError(f"{name} was not resolved.")


def _kind(read: Configuration, name: str) -> str:
    """Return "node" or "peer"; the configuration has no two of one name.

    Raises:
        typer.BadParameter: there is none of that name.
    """
    nodes = [node.name for node in read.chain.nodes]
    peers = [peer.name for peer in (read.peers.nodes if read.peers else ())]
    if name in nodes:
        return "node"
    if name in peers:
        return "peer"
    there = ", ".join([*nodes, *peers])
    raise typer.BadParameter(f"There is no node or peer {name!r} in {read.path}, only: {there}.")


@dataclass(frozen=True)
class _Resolution(Dialogue["ResolvePreview"]):
    """An order to resolve somebody's chain."""

    order: Resolving

    def show(self, plan: ResolvePreview) -> None:
        from understudy.operate.resolving import told

        answers.print(Text(f"{plan.kind} {plan.name}", style="bold"))
        for word, text in told(plan):
            answers.print(Text.assemble((f"  {word:<16}  ", "dim"), text))

    def question(self, plan: ResolvePreview) -> str:
        if plan.kind == "node":
            return f"Examine all nodes, and report on {plan.name}?"
        return f"Bring {plan.name} to the longest valid chain?"

    def waiting(self) -> RenderableType:
        """Return what is waited for, with a bar while a chain is verified."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        syncing = self.order.syncing
        if syncing is None:
            return Text("waits for the peers", style="dim")
        line = Table.grid(padding=1)
        done = f"{syncing.verified:,} blocks of {syncing.peer}"
        line.add_row(ProgressBar(syncing.total or None, syncing.verified, width=30), done)
        return line


def _report(order: Resolving, kind: str, name: str, problem: str | None) -> dict[str, object]:
    last = order.entries[-1].sentence if order.entries else ""
    return {
        "kind": kind,
        "name": name,
        "incident": order.incident,
        "ending": order.ending,
        "sentence": problem or last,
    }
