"""`understudy status`: who is on air, is it well, what happened."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.commands.configured import load
from understudy.commands.options import DEFAULT_CONFIG, Config, Json
from understudy.commands.output import print_json, show, waiting
from understudy.errors import UnderstudyError

if TYPE_CHECKING:
    from understudy.config import Configuration
    from understudy.operate.board import Look


def status(
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Stay, and show what changes; until Ctrl-C.")
    ] = False,
    events: Annotated[
        int, typer.Option(min=1, max=1000, help="How many of the newest events to show.")
    ] = 8,
    as_json: Json = False,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Show who is on air, whether all is well, and what happened, as the switcher tells it.

    Trouble is what loses blocks, or would if a host died now; it is told first, in red, and what
    else to know of after it, in yellow. Where standard output is no terminal, --watch prints a line
    for each event and each change; with --json, an object each time.

    Exit status 0: well; 1: trouble, or no switcher answers; 2: wrong use. With --watch it is 0 when
    it is ended by Ctrl-C.
    """
    read = load(config)
    if watch:
        from understudy.commands.watching import stay

        stay(read, events, as_json=as_json)
        return
    raise typer.Exit(0 if _show_once(read, events, as_json) else 1)


def _show_once(read: Configuration, events: int, as_json: bool) -> bool:
    """Print the status, and tell whether all is well."""
    from switcher.verdict import concerns_of
    from understudy.operate.board import Look, draw
    from understudy.operate.client import SwitcherClient

    with SwitcherClient.of(read) as client:
        try:
            with waiting("asking the switcher"):
                look = Look(client.status(), client.newest(events))
        except UnderstudyError as error:
            if not as_json:
                raise
            print_json(unanswered(str(error)))
            return False
    now = look.status.now
    if as_json:
        print_json(plain(look, now))
    else:
        show(draw(look, read.chain.witnesses, now))
    return not any(concern.trouble for concern in concerns_of(look.status, now))


def plain(look: Look, now: float) -> dict[str, object]:
    """Return a look as an object for programs."""
    from switcher.verdict import concerns_of

    concerns = concerns_of(look.status, now)
    return {
        "well": not any(concern.trouble for concern in concerns),
        "concerns": [asdict(concern) for concern in concerns],
        "status": asdict(look.status),
        "journal": [asdict(entry) for entry in look.entries],
    }


def unanswered(why: str) -> dict[str, object]:
    """Return the same where there is no answer."""
    concern = {"what": "switcher", "text": why, "trouble": True}
    return {"well": False, "concerns": [concern], "status": None, "journal": []}
