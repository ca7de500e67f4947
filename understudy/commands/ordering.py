"""What the commands that give orders share: naming the witness, asking, and showing the course."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from chains.settings import WitnessSettings
from understudy.commands.output import answers, remarks
from understudy.config import Configuration
from understudy.errors import CommandError, RefusedError, UnderstudyError

if TYPE_CHECKING:
    from switcher.answers import Preview
    from switcher.model import Entry
    from understudy.operate.follow import Order

_STYLES = {"against": "yellow"}

Account = Annotated[
    str, typer.Argument(metavar="WITNESS", help="The witness account, as in the configuration.")
]
Why = Annotated[str | None, typer.Option("--why", metavar="TEXT", help="For the journal.")]


def known_witness(read: Configuration, account: str) -> WitnessSettings:
    """Return a witness of the configuration.

    Raises:
        typer.BadParameter: there is none of this name.
    """
    known = {witness.account: witness for witness in read.chain.witnesses}
    if account not in known:
        there = f"only: {', '.join(known)}" if known else "nor any other"
        raise typer.BadParameter(f"There is no witness {account!r} in {read.path}, {there}.")
    return known[account]


def needs_terminal() -> None:
    """Refuse to wait for an answer that nobody can give.

    Raises:
        typer.BadParameter: standard input is no terminal.
    """
    if not sys.stdin.isatty():
        raise typer.BadParameter("There is no terminal to ask you on; --yes says that you mean it.")


def ask(question: str) -> None:
    """Ask on the terminal.

    Raises:
        CommandError: the answer was no.
    """
    if not typer.confirm(question, err=True):
        raise CommandError("Nothing was done.")


def carry_out(order: Order, ring: WitnessSettings, *, ask_first: bool, as_json: bool) -> str | None:
    """Show what an order would do, ask, give it, and tell each of its steps until it is over.

    Return what went wrong, if an object for programs has to tell it.

    Raises:
        RefusedError: the switcher does not take it, or shows its journal no longer.
        SwitcherGoneError: no switcher answers, or it went away and did not come back.
        CommandError: the answer was no, or it was interrupted, in which case the order goes on.
    """
    try:
        plan = order.look()
        if not as_json:
            _show(order, plan)
        if plan.refusal:
            raise RefusedError(plan.refusal)
        if ask_first:
            ask(_question(order, plan))
        order.give()
        _watch(order, ring, remarks if as_json else answers)
    except UnderstudyError as error:
        if not as_json:
            raise
        return str(error)
    return None


def _question(order: Order, plan: Preview) -> str:
    if order.kind == "drill":
        # Its route has hosts that are down as well, which the plan says are passed over.
        return f"Drill {plan.witness}?"
    return f"Put {plan.route[0]} on air for {plan.witness}?"


def _show(order: Order, plan: Preview) -> None:
    from understudy.operate.plan import told

    answers.print(Text(plan.witness, style="bold"))
    witness = order.client.status().of(plan.witness) if order.kind == "drill" else None
    for word, text in told(plan, time.time(), witness.producers if witness else ()):
        style = _STYLES.get(word, "")
        answers.print(Text.assemble((f"  {word:<9}", style or "dim"), (text, style)))


def _watch(order: Order, ring: WitnessSettings, console: Console) -> None:
    """Print each step of an order, and on a terminal also what it waits for."""
    number = order.incident
    console.print(f"Order {number} is given; Ctrl-C stops watching, not the order.")
    try:
        with console.status(_Waiting(order)):
            for entry in order.news(lambda text: console.print(text, style="yellow")):
                console.print(_line(entry, ring))
    except KeyboardInterrupt as error:
        text = f"You stopped watching; order {number} goes on. {_how_to_end(order, ring.account)}"
        raise CommandError(text) from error


def _how_to_end(order: Order, account: str) -> str:
    disarm = f"`understudy disarm {account} --why TEXT`"
    if order.kind == "drill":
        return f"{disarm} ends it after the update under way; the witness then stays where it is."
    if order.course.sent:
        return "It is sent and takes its course."
    return f"As long as nothing is sent, {disarm} ends it."


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What an order waits for at the moment, as a line that changes by itself."""

    order: Order

    def __rich__(self) -> Text:
        from understudy.operate.course import waits_for

        if self.order.gone_since is not None:
            return Text("the switcher does not answer; it forgets no order", style="yellow")
        entries = self.order.entries
        what = waits_for(entries[-1], time.time()) if entries else "the switcher"
        return Text(f"waits for {what}", style="dim")


def _line(entry: Entry, ring: WitnessSettings) -> Text:
    from switcher.times import clock_time
    from understudy.operate.naming import with_names

    word = {"opened": "ordered", "ended": f"ended: {entry.value}"}.get(entry.kind, entry.value)
    return Text.assemble(
        (f"{clock_time(entry.time)}  ", "dim"),
        (f"{word:<16}  ", "cyan"),
        with_names(entry.sentence, ring),
    )
