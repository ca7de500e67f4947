"""The whole stack for hours, with random troubles of every kind from a seed, and the accounts.

Two of every program as they are shipped, on one PostgreSQL, before 27 witnesses and 3 seconds. What
befalls whom and when follows from the seed (`bench.soak.plan`); in the end everything is mended,
and the books are closed (`bench.soak.accounts`).
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.bars import Bar, judge
from bench.news import meanwhile, say
from bench.soak.closing import close
from bench.soak.engine import Engine
from bench.soak.gauges import Gauge, watch
from bench.soak.ground import CAST, Ground, ground
from bench.soak.overslept import overslept
from bench.soak.plan import Trouble, counted
from bench.soak.plan import plan as drawn
from bench.soak.told import Duty
from bench.soak.writing import clerk_of, keep_books
from chains.bitshares.connection import MAX_MESSAGE_BYTES
from understudy.stack import Program

MUSTS = (
    Bar("alerts_lost", most=0),
    Bar("needless_rotations_beyond_policy", most=0),
    Bar("wrong_rotations", most=0),
    Bar("people_not_told", most=0),
    Bar("not_well_in_the_end", most=0),
    Bar("ended_by_themselves", most=0),
    Bar("tracebacks", most=0),
    Bar("troubles_that_failed", most=0),
    Bar("journal_verified", least=1),
)
"""What the soak fails by."""

_ANSWER = MAX_MESSAGE_BYTES / 2**20 + 2
"""MB: what one answer may take, and what it takes to take it."""

BARS = (
    *MUSTS,
    Bar("exporter_growth_mb_per_hour", most=5),
    Bar("switcher_growth_mb_per_hour", most=5),
    Bar("exporter_steps_mb", most=_ANSWER),
    Bar("switcher_steps_mb", most=_ANSWER),
)
TOLD = (
    "minutes",
    "troubles",
    "slots",
    "blocks_lost",
    "blocks_lost_too_soon_to_be_saved",
    "rotations",
    "rotations_by_hand",
    "needless_rotations",
    "needless_rotations_for_a_busy_machine",
    "alerts_acknowledged",
    "people_owed",
    "exporter_rss_mb",
    "switcher_rss_mb",
    "exporter_open_files",
    "switcher_open_files",
)
MINUTES = 60.0
_KEPT = Path(".run")


async def measure(
    minutes: float = MINUTES, seed: int | None = None, plan: Path | None = None
) -> dict[str, Any]:
    """Return the figures of `understudy bench soak`, with `broken`: whether a must is.

    Raises:
        StackError: the stack could not be started.
    """
    seed = random.randrange(10**6) if seed is None else seed
    troubles = drawn(seed, minutes * 60, CAST)
    say(f"soak: seed {seed}, {minutes:g} minutes, {len(troubles)} troubles: {counted(troubles)}")
    if plan:
        await asyncio.to_thread(_write, troubles, plan)
    async with ground() as here:
        engine = Engine(here, asyncio.Event())
        try:
            figures = await _soaked(here, engine, troubles, minutes * 60, seed)
        finally:
            _keep_logs(here, seed)
        figures = judge("soak", figures, _due(figures, minutes))
        _tell(figures["programs"])
        figures["broken"] = not all(must.met(figures) for must in MUSTS)
        if figures["broken"]:
            say(f"soak: FAILED; again: make soak HOURS={minutes / 60:g} SEED={seed}")
    return figures


async def _soaked(
    here: Ground, engine: Engine, troubles: Sequence[Trouble], seconds: float, seed: int
) -> dict[str, Any]:
    gauges = {name: _gauge(program) for name, program in here.nurse.programs.items()}
    gauges["the soak itself"] = Gauge(os.getpid)
    duty = Duty(here.inbox, here.stack.prometheuses)
    clerk = clerk_of(here)
    works = (here.chronicle.run(), here.roll.run(), here.nurse.run(), duty.run(), watch(gauges))
    with _interrupted(engine.stop), overslept() as too_late:
        async with meanwhile(*works):
            await here.chronicle.news.until(lambda: here.chronicle.head)
            clerk.begin()
            async with meanwhile(keep_books(clerk)):
                loop = asyncio.get_running_loop()
                began = loop.time()
                await engine.play(troubles, seconds)
                lasted = loop.time() - began
                say("soak: over; everything is mended")
                unwell = await engine.mended()
            clerk.work(last=True)
            return {
                "seed": seed,
                "minutes": round(lasted / 60, 1),
                **await close(here, engine, clerk, duty, unwell, too_late),
                **_growth(gauges),
                "programs": {name: gauge.told() for name, gauge in gauges.items()},
            }


def _gauge(program: Program) -> Gauge:
    return Gauge(lambda: program.pid)


def _due(figures: Mapping[str, Any], minutes: float) -> list[Bar]:
    """Return the bars of a run: what grows is not told by one that is shorter than an hour."""
    whole = minutes >= MINUTES
    return [bar for bar in BARS if bar in MUSTS or whole or figures[bar.figure] is not None]


def _tell(programs: Mapping[str, Any]) -> None:
    """Print what each program held, for people."""
    heads = f"{'RSS MB: from to, most':>24}{'per hour':>10}{'open files':>18}{'threads':>14}"
    say(f"{'soak: program':<22}{heads}")
    for name, told in programs.items():
        rss, files, threads = (
            " to ".join(f"{told[what][moment]:g}" for moment in ("first", "last"))
            + f", {told[what]['most']:g}"
            for what in ("rss_mb", "open_files", "threads")
        )
        growth = told["rss_mb"]["per_hour"]
        slope = "" if growth is None else f"{growth:+.1f}"
        say(f"soak: {name:<16}{rss:>24}{slope:>10}{files:>18}{threads:>14}")


def _growth(gauges: Mapping[str, Gauge]) -> dict[str, Any]:
    """Return what our own programs hold at most, and grow by: of two, the one with more."""
    figures: dict[str, Any] = {}
    for kind in ("exporter", "switcher"):
        each = [gauge for name, gauge in gauges.items() if name.startswith(kind)]
        courses = [gauge.rss_mb for gauge in each]
        grown = [slope for course in courses if (slope := course.per_hour()) is not None]
        steps = [round(course.step, 1) for course in courses if course.step is not None]
        figures |= {
            f"{kind}_rss_mb": max(course.most for course in courses),
            f"{kind}_growth_mb_per_hour": max(grown, default=None),
            f"{kind}_steps_mb": max(steps, default=None),
            f"{kind}_open_files": int(max(gauge.files.most for gauge in each)),
            f"{kind}_threads": int(max(gauge.threads.most for gauge in each)),
        }
    return figures


def _write(troubles: Sequence[Trouble], file: Path) -> None:
    file.write_text(json.dumps([each.plain() for each in troubles], indent=1) + "\n")


@contextmanager
def _interrupted(stop: asyncio.Event) -> Iterator[None]:
    """Have Ctrl-C end the troubles, not the accounts; a second one ends all."""
    loop = asyncio.get_running_loop()

    def first() -> None:
        say("soak: stopped; the accounts follow (Ctrl-C once more: no accounts)")
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    loop.add_signal_handler(signal.SIGINT, first)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def _keep_logs(here: Ground, seed: int) -> None:
    folder = _KEPT / f"soak-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    for log in (*here.stack.directory.glob("*.log"), *here.stack.directory.glob("*.jsonl")):
        shutil.copy(log, folder)
    say(f"soak: the journal and the programs' logs are in {folder}")
