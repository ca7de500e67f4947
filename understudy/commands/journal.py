"""`understudy journal`: whether the journal is what was written."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.commands.configured import load
from understudy.commands.options import DEFAULT_CONFIG, Config, Json
from understudy.commands.output import answers, count, print_json, remarks, watched

if TYPE_CHECKING:
    from switcher.journal.hashes import Head
    from switcher.journal.verify import Flaw, Report

app = typer.Typer(no_args_is_help=True, help="The journal and its chain of hashes.")

_HEAD = re.compile(r"(\d{1,10}):([0-9a-f]{64})")
_SLOW = 2.0
"""Seconds after which it is worth showing how far it is."""


@app.callback()
def _group() -> None:
    """Keep `journal verify` a group, so that further commands can join it."""


@app.command("verify")
def verify(
    config: Config = DEFAULT_CONFIG,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The journal's database, instead of the configuration's."),
    ] = None,
    expect: Annotated[
        str | None,
        typer.Option(
            metavar="ID:HASH", help="A newest entry that was noted earlier: it must still be there."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find out whether an entry was edited, removed, put in or moved since it was written.

    That is: every entry's hash, which covers the one before; that the newest is the one that the
    journal names; that incidents, rotations and armings are as the entries tell. Nothing is
    written, and a switcher may go on meanwhile. Only a head noted outside of the database, as the
    switcher logs it, shows that somebody wrote all of it anew: --expect looks for it.

    Exit status 1 if something is wrong or the journal can't be read.
    """
    from switcher.journal.database import read_database
    from switcher.journal.verify import verify as check

    expected = _head(expect) if expect is not None else None
    url, password_file = (database, None) if database is not None else _configured(config)
    with read_database(url, password_file) as db, _progress(shown=not as_json) as progress:
        report = check(db, expected, progress)
    if as_json:
        print_json(_plain(report))
    else:
        _show(report)
    raise typer.Exit(1 if report.flaws else 0)


def _configured(config: Path) -> tuple[str, Path | None]:
    settings = load(config).needed_switcher()
    return settings.database, settings.database_password_file


def _head(text: str) -> Head:
    from switcher.journal.hashes import Head

    match = _HEAD.fullmatch(text)
    if not match:
        raise typer.BadParameter(
            f"{text!r} is no ID:HASH, such as the switcher logs and tells in its status.",
            param_hint="'--expect'",
        )
    return Head(int(match[1]), match[2])


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """Show how far it is where it takes long and somebody looks."""
    from rich.progress import Progress

    began = time.monotonic()
    with Progress(console=remarks, transient=True, disable=not (shown and watched())) as bar:
        task = bar.add_task("entries", visible=False)

        def progress(done: int, total: int) -> None:
            late = time.monotonic() > began + _SLOW
            bar.update(task, completed=done, total=total, visible=late)

        yield progress


def _plain(report: Report) -> dict[str, object]:
    return {
        "ok": not report.flaws,
        "journal": report.journal,
        "entries": report.entries,
        "oldest": report.oldest,
        "head": str(report.head) if report.head else None,
        "flaws": [{"entry": flaw.entry, "what": flaw.what} for flaw in report.flaws],
        "more": report.more,
    }


def _show(report: Report) -> None:
    for flaw in report.flaws:
        remarks.print(_told(flaw), style="red", markup=False)
    if report.more:
        remarks.print(f"and {report.more} more", style="red")
    if report.flaws:
        answers.print(f"The journal is not as it was written: {_entries(report)}.")
        return
    since = f", from {report.oldest}" if report.oldest not in {None, 1} else ""
    answers.print(f"ok: {_entries(report)}{since}; the newest is {report.head}", markup=False)


def _entries(report: Report) -> str:
    return count(report.entries, "entry", "entries")


def _told(flaw: Flaw) -> str:
    return f"entry {flaw.entry}: {flaw.what}" if flaw.entry is not None else flaw.what
