"""Run an `understudy` command that kills itself, as by SIGKILL, at a chosen moment.

    python -m tests.faults.doomed --at switcher.journal.journal:Journal.open_rotation -- switcher …

--at MODULE:NAME     the function; several times for several, whichever comes first
--before             when it is called, instead of when it has done its work
--call N             at its N-th call, or with the N-th that has done its work (1)
--mentioning TEXT    only calls count that have this text in the form that shows their arguments
"""

from __future__ import annotations

import argparse
import functools
import importlib
import inspect
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from operator import attrgetter
from typing import Any


@dataclass(frozen=True, slots=True)
class Moment:
    """When to die."""

    before: bool
    call: int
    mentioning: str


def main() -> None:
    """Prepare the end, then run the command."""
    options = _options()
    moment = Moment(options.before, options.call, options.mentioning)
    calls = count(1)
    for place in options.at:
        _doom(place, moment, calls)
    from understudy.cli import main as understudy  # noqa: PLC0415 - binds what was just wrapped

    sys.argv[1:] = options.command
    understudy()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="doomed")
    parser.add_argument("--at", action="append", required=True)
    parser.add_argument("--before", action="store_true")
    parser.add_argument("--call", type=int, default=1)
    parser.add_argument("--mentioning", default="")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def _doom(place: str, moment: Moment, calls: count[int]) -> None:
    module, _, name = place.partition(":")
    path, _, attribute = name.rpartition(".")
    holder: Any = importlib.import_module(module)
    holder = attrgetter(path)(holder) if path else holder
    setattr(holder, attribute, _fatal(getattr(holder, attribute), moment, calls))


def _fatal(work: Callable[..., Any], moment: Moment, calls: count[int]) -> Callable[..., Any]:
    def is_time(arguments: object) -> bool:
        return moment.mentioning in repr(arguments) and next(calls) == moment.call

    @functools.wraps(work)
    def done(*args: Any, **kwargs: Any) -> Any:
        if moment.before and is_time((args, kwargs)):
            _die()
        result = work(*args, **kwargs)
        if not moment.before and is_time((args, kwargs)):
            _die()
        return result

    @functools.wraps(work)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        if moment.before and is_time((args, kwargs)):
            _die()
        result = await work(*args, **kwargs)
        # Counted only now: of calls side by side, the first one may be given up.
        if not moment.before and is_time((args, kwargs)):
            _die()
        return result

    return awaited if inspect.iscoroutinefunction(work) else done


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
