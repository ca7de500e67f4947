"""How an order is put to a person: shown, asked about, given, and told of until it is over."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from rich.console import Console, RenderableType
from rich.text import Text

from understudy.commands.ordering import ask
from understudy.commands.output import answers, remarks, waiting
from understudy.errors import CommandError, RefusedError, UnderstudyError

if TYPE_CHECKING:
    from switcher.answers import Preview
    from switcher.model import Entry
    from switcher.resolving.answers import ResolvePreview
    from understudy.operate.follow import Followed

_Plan = TypeVar("_Plan", "Preview", "ResolvePreview")


@dataclass(frozen=True)
class Dialogue(ABC, Generic[_Plan]):
    """An order, and the words for it. While it is waited for, rich draws it as a line."""

    order: Followed[_Plan]

    @abstractmethod
    def show(self, plan: _Plan) -> None:
        """Print what the order would come to."""

    @abstractmethod
    def question(self, plan: _Plan) -> str:
        """Return what is asked before it is given."""

    @abstractmethod
    def waiting(self) -> RenderableType:
        """Return what it waits for at the moment."""

    def sentence(self, entry: Entry) -> str:
        """Return what an entry says, as a person reads it."""
        return entry.sentence

    def way_out(self) -> str:
        """Return how an order is ended that goes on unwatched, if it can be."""
        return ""

    def carry_out(self, *, ask_first: bool, as_json: bool) -> str | None:
        """Show what the order would do, ask, give it, and tell each of its steps until it is over.

        Return what went wrong, if an object for programs has to tell it.

        Raises:
            RefusedError: the switcher does not take it, or shows its journal no longer.
            SwitcherGoneError: no switcher answers, or it went away and did not come back.
            CommandError: the answer was no, or it was interrupted, in which case the order goes on.
        """
        try:
            with waiting("asking what that would come to"):
                plan = self.order.look()
            if not as_json:
                self.show(plan)
            if plan.refusal:
                raise RefusedError(plan.refusal)
            if ask_first:
                ask(self.question(plan))
            with waiting("giving the order"):
                self.order.give()
            self._watch(remarks if as_json else answers)
        except UnderstudyError as error:
            if not as_json:
                raise
            return str(error)
        return None

    def _watch(self, console: Console) -> None:
        """Print each step, and on a terminal also what is waited for."""
        number = self.order.incident
        console.print(f"Order {number} is given; Ctrl-C stops watching, not the order.")
        try:
            with console.status(self):
                for entry in self.order.news(lambda text: console.print(text, style="yellow")):
                    console.print(self._line(entry))
        except KeyboardInterrupt as error:
            text = f"You stopped watching; order {number} goes on. {self.way_out()}"
            raise CommandError(text.rstrip()) from error

    def __rich__(self) -> RenderableType:
        if self.order.gone_since is not None:
            return Text("the switcher does not answer; it forgets no order", style="yellow")
        return self.waiting()

    def _line(self, entry: Entry) -> Text:
        from switcher.times import clock_time

        word = {"opened": "ordered", "ended": f"ended: {entry.value}"}.get(entry.kind, entry.value)
        return Text.assemble(
            (f"{clock_time(entry.time)}  ", "dim"),
            (f"{word:<16}  ", "cyan"),
            self.sentence(entry),
        )
