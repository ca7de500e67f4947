"""What rotations and drills have in common: how they are put to a person."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from chains.settings import WitnessSettings
from understudy.commands.dialogue import Dialogue
from understudy.commands.output import answers

if TYPE_CHECKING:
    from switcher.answers import Preview
    from switcher.model import Entry
    from understudy.operate.follow import Order

_STYLES = {"against": "yellow"}


@dataclass(frozen=True)
class Handover(Dialogue["Preview"]):
    """An order to put somebody of a witness' ring on air."""

    order: Order
    ring: WitnessSettings

    def show(self, plan: Preview) -> None:
        """Print what the order would come to."""
        from switcher.planned import told

        answers.print(Text(plan.witness, style="bold"))
        drilled = self.order.kind == "drill"
        witness = self.order.client.status().of(plan.witness) if drilled else None
        for word, text in told(plan, time.time(), witness.producers if witness else ()):
            style = _STYLES.get(word, "")
            answers.print(Text.assemble((f"  {word:<9}", style or "dim"), (text, style)))

    def question(self, plan: Preview) -> str:
        """Return what is asked before it is given."""
        if self.order.kind == "drill":
            # Its route has hosts that are down as well, which the plan says are passed over.
            return f"Drill {plan.witness}?"
        return f"Put {plan.route[0]} on air for {plan.witness}?"

    def waiting(self) -> Text:
        """Return what it waits for at the moment."""
        from understudy.operate.course import waits_for

        entries = self.order.entries
        what = waits_for(entries[-1], time.time()) if entries else "the switcher"
        return Text(f"waits for {what}", style="dim")

    def sentence(self, entry: Entry) -> str:
        """Return what an entry says, with the names of keys' hosts."""
        from switcher.naming import with_names

        return with_names(entry.sentence, self.ring)

    def way_out(self) -> str:
        """Return how it is ended, if it can be."""
        disarm = f"`understudy disarm {self.ring.account} --why TEXT`"
        if self.order.kind == "drill":
            return (
                f"{disarm} ends it after the update under way; the witness then stays where it is."
            )
        if self.order.course.sent:
            return "It is sent and takes its course."
        return f"As long as nothing is sent, {disarm} ends it."
