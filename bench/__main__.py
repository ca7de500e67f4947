"""`make bench`: runs measurements, prints their table and keeps the results.

    python -m bench              all of them, into bench/results.json
    python -m bench --all        with those that take an hour, or the network
    python -m bench NAME         one; the others' results stay, and it is told that it ran apart
    python -m bench [NAME] --failures 20
                                 a short one, which replaces nothing

Each measurement is a process of its own, and is in build/bench/ as soon as it is over, so that an
interrupted run doesn't lose it. One that fails is told and named in the results, the
others go on, and the exit status is 1 in the end; a bar that was missed is told and changes no
status, since it was measured. The documentation's tables are written anew from the results.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from bench import pages, results
from bench.news import say
from bench.run import ALL, NAMES, Measurement, named
from bench.surroundings import PROJECT, Meanwhile, commit, machine, versions
from bench.table import kept, remarks, table

_SAYS = "understudy: "
_ASIDE = "build/bench"
_HARMLESS = frozenset({"seed"})
"""Options that make a measurement neither shorter nor longer."""

_OUT = Console(highlight=False, width=None if sys.stdout.isatty() else 180)


def main(words: Sequence[str]) -> int:
    """Run what is asked for and return the exit status."""
    names, options = _asked(words)
    name = names[0] if len(names) == 1 else None
    before, meanwhile = results.read_committed(), Meanwhile()
    run = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine(),
        "versions": versions(),
        **commit(),
    }
    measurements, entries = [named(each) for each in names], {}
    for each in measurements:
        entries[each.name] = _measured(each, options)
        aside = PROJECT / _ASIDE / f"{each.name}.json"
        results.write({"run": run, **entries[each.name]}, aside)
    head = {**run, **meanwhile.told()}
    told = _put_together(name, entries, run, head)
    drawn, worse = table(told, before, measurements)
    _OUT.print(drawn)
    for remark in remarks(names, head, told, before, worse):
        _OUT.print(remark, soft_wrap=True)
    lost = [each for each, entry in entries.items() if "failed" in entry]
    short = options.keys() - _HARMLESS
    if short or (name and lost):
        why = "It was shortened" if short else "It failed"
        _OUT.print(f"{why}: the results stay as they were, {_ASIDE}/ has what was measured.")
    else:
        results.write(told, results.FILE)
        changed = pages.write_all(told)
        _OUT.print(f"Written: {', '.join(['bench/results.json', *changed])}.")
        for remark in kept(told):
            _OUT.print(remark, soft_wrap=True)
    broken = any(entry.get("figures", {}).get("broken") for entry in entries.values())
    return 1 if lost or broken else 0


def _put_together(
    name: str | None,
    entries: Mapping[str, Any],
    run: Mapping[str, Any],
    head: Mapping[str, Any],
) -> results.Results:
    standing = results.read(results.FILE)
    if name is None:
        return results.all_of(head, entries, standing)
    return results.with_one(name, entries[name], run, standing)


def _measured(measurement: Measurement, options: Mapping[str, Any]) -> dict[str, Any]:
    """Run a measurement in a process of its own and return what is kept of it."""
    taken = {n: value for n, value in options.items() if n in measurement.options}
    words = [word for n, value in taken.items() for word in (f"--{n}", str(value))]
    command = _program(measurement.name, *words)
    say(f"bench: {measurement.name}")
    meanwhile, last = Meanwhile(), ""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as answer,
        subprocess.Popen(command, stdout=answer, stderr=subprocess.PIPE, text=True) as process,
    ):
        assert process.stderr
        for line in process.stderr:
            sys.stderr.write(line)
            last = line if line.startswith(_SAYS) else last
        status = process.wait()
        answer.seek(0)
        printed = answer.read()
    told = meanwhile.told()
    if status and not printed:
        reason = last.removeprefix(_SAYS).strip() or f"It ended with status {status}."
        say(f"bench: {measurement.name} FAILED: {reason}")
        return {**told, **results.failed(reason)}
    return {**told, **results.measured(json.loads(printed), measurement.bars, taken)}


def _program(name: str, *words: str) -> list[str]:
    return [sys.executable, "-m", "understudy", "bench", name, "--json", *words]


def _asked(words: Sequence[str]) -> tuple[Sequence[str], dict[str, Any]]:
    """Return the measurements, one or all of a run, and the options that were given.

    Of several, each takes those options that it knows; one that none of them knows ends us.
    """
    parser = argparse.ArgumentParser(
        prog="make bench", description="Measure, and keep the results."
    )
    parser.add_argument("name", nargs="?", choices=ALL, metavar="NAME", help=", ".join(ALL))
    parser.add_argument("--seed", type=int, help="draw the same again")
    parser.add_argument("--failures", type=int, help="how many, instead of all")
    parser.add_argument("--minutes", type=float, help="how many, instead of all")
    parser.add_argument("--all", action="store_true", help="those that are measured apart, too")
    asked = vars(parser.parse_args(words))
    name, several = asked.pop("name"), ALL if asked.pop("all") else NAMES
    names = [name] if name else several
    options = {each: value for each, value in asked.items() if value is not None}
    known = frozenset[str]().union(*(named(each).options for each in names))
    for option in options.keys() - known:
        parser.error(f"{name or 'What is run here'} takes no --{option}")
    return names, options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
