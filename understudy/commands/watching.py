"""`understudy status --watch`: a live picture on a terminal, and lines elsewhere."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.styled import Styled
from rich.text import Text

from understudy.commands.output import answers, pictures, print_json, seen, show
from understudy.commands.status import plain, unanswered

if TYPE_CHECKING:
    from chains.settings import WitnessSettings
    from understudy.config import Configuration
    from understudy.operate.vigil import Vigil

_FRAMES_PER_SECOND = 4


def stay(read: Configuration, events: int, *, as_json: bool) -> None:
    """Show the status as it changes, until Ctrl-C.

    Raises:
        RefusedError: the switcher shows nothing to the token at hand.
    """
    from understudy.operate.client import SwitcherClient
    from understudy.operate.vigil import Vigil

    with SwitcherClient.of(read) as client, _ended_in_order():
        vigil, rings = Vigil(client, events), read.chain.witnesses
        try:
            if as_json:
                _objects(vigil)
            elif seen():
                _picture(_Picture(vigil, rings))
            else:
                _lines(vigil, rings)
        except KeyboardInterrupt:
            return  # which is how one ends it


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Have the terminal as it was before, however we are ended."""

    def end(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {each: signal.signal(each, end) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True)
class _Picture:
    """The picture, which rich draws anew some times a second, so that what counts down does."""

    vigil: Vigil
    rings: Sequence[WitnessSettings]

    def __rich__(self) -> RenderableType:
        from switcher.times import date_and_time
        from understudy.operate.board import draw

        vigil, look = self.vigil, self.vigil.look
        if look is None:
            return Text(f"{vigil.silence or 'asking the switcher …'}", style="bold red")
        now = vigil.now
        if not vigil.stale:
            first = Text(f"{vigil.client.url}  {date_and_time(now)}  Ctrl-C ends it", style="dim")
            return Group(first, "", draw(look, self.rings, now))
        silence = vigil.silence or f"The switcher at {vigil.client.url} does not answer."
        return Group(
            Text(f"NO ANSWER for {vigil.age:.0f} s; still trying. {silence}", style="bold red"),
            Text(f"This is how it was at {date_and_time(now)}:", style="red"),
            "",
            Styled(draw(look, self.rings, now), "dim"),
        )


def _picture(picture: _Picture) -> None:
    from rich.live import Live

    with Live(picture, console=pictures, screen=True, refresh_per_second=_FRAMES_PER_SECOND):
        for _ in picture.vigil.looks():
            pass


def _objects(vigil: Vigil) -> None:
    """Print an object for each look that tells more than that time goes by."""
    before: object = None
    for answered in vigil.looks():
        look = vigil.look
        told = plain(look, look.status.now) if answered and look else unanswered(vigil.silence)
        news = _timeless(told)
        if news != before:
            before = news
            print_json(told)


def _timeless(told: dict[str, Any]) -> dict[str, Any]:
    status = told["status"] or {}
    passing = ("now", "heartbeat_age", "clock")
    return {**told, "status": {name: status[name] for name in status if name not in passing}}


def _lines(vigil: Vigil, rings: Sequence[WitnessSettings]) -> None:
    """Print the status once, and then a line for each event and each change."""
    from switcher.verdict import concerns_of
    from understudy.operate.board import draw, draw_verdict, event

    concerns: list[tuple[str, bool]] | None = None
    gone = False
    for answered in vigil.looks():
        if not answered or vigil.look is None:
            if not gone:
                _say(f"NO ANSWER; still trying. {vigil.silence}")
            gone = True
            continue
        if gone:
            _say("The switcher answers again.")
            gone = False
        now = vigil.look.status.now
        found = [(each.what, each.trouble) for each in concerns_of(vigil.look.status, now)]
        if concerns is None:
            show(draw(vigil.look, rings, now))
        else:
            for entry in vigil.fresh:
                answers.print("  ".join(each for each in event(entry, rings) if each), markup=False)
            if found != concerns:
                show(draw_verdict(vigil.look.status, rings, now))
        concerns = found


def _say(text: str) -> None:
    from switcher.times import clock_time

    answers.print(f"{clock_time(time.time())}  {text}", markup=False)
