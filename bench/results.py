"""The results that are kept, bench/results.json, and how new ones come in. Pure but for the file.

    {"date", "machine", "versions", "commit", "dirty",        of the last run of all
     "seconds", "load_begin", "load_end", "cores_others", "cores_stolen",
     "whole", "failed": [NAME], "missed": ["NAME.figure"], "apart": [NAME],
     "measurements": {NAME: {"seconds", "load_begin", …, "options", "figures", "spread",
                             "bars": [{"figure", "least" or "most"}], "missed": [figure]}}}

A measurement that failed has "failed", a sentence, and no figures. One that was not part of that
run has its own head under "run" (date, machine, versions, commit, dirty) and is named in "apart":
so what was measured at different times never looks like one run. "whole" says that all figures of
`bench.run.NAMES` are of one run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.bars import Bar
from bench.run import APART, NAMES
from bench.surroundings import PROJECT, committed

FILE = PROJECT / "bench" / "results.json"
Results = dict[str, Any]

_PATH = re.compile(r"(?<![\w/])/(?:[^\s/:'\"]+/)+[^\s:'\",;]*")


def read(file: Path) -> Results | None:
    """Return the results of a file, None: there is none."""
    return _parsed(file.read_text(encoding="utf-8")) if file.exists() else None


def read_committed() -> Results | None:
    """Return the results of the last commit, None: there are none."""
    text = committed(FILE)
    return _parsed(text) if text else None


def write(results: Results, file: Path) -> None:
    """Write results for people and programs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def measured(
    figures: Mapping[str, Any], bars: Sequence[Bar], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what is kept of a measurement's figures."""
    plain = {n: value for n, value in figures.items() if n not in ("spread", "bars_missed")}
    return {
        "options": dict(options),
        "figures": plain,
        "spread": dict(figures.get("spread", {})),
        "bars": [{n: v for n, v in asdict(bar).items() if v is not None} for bar in bars],
        "missed": [bar.figure for bar in bars if not bar.met(plain)],
    }


def failed(reason: str) -> dict[str, Any]:
    """Return what is kept of a measurement that failed; no path of this machine is."""
    return {"failed": _PATH.sub("…", reason)}


def all_of(head: Mapping[str, Any], entries: Mapping[str, Any], before: Results | None) -> Results:
    """Return the results of a run of all; of what is measured apart, what wasn't run stays."""
    kept = before["measurements"] if before else {}
    others = {name: entry for name, entry in kept.items() if name in APART and name not in entries}
    return _told(head, {**entries, **others})


def with_one(
    name: str, entry: Mapping[str, Any], run: Mapping[str, Any], before: Results | None
) -> Results:
    """Return results in which one measurement is another, with the head of its own run.

    Where there were none, that is the head of all.
    """
    kept = before or {**run, "measurements": {}}
    head = {n: v for n, v in kept.items() if n != "measurements"}
    return _told(head, {**kept["measurements"], name: {"run": dict(run), **entry}})


def head_of(results: Results, name: str) -> Mapping[str, Any]:
    """Return the head of the run that a measurement was part of, or else that of all."""
    run: Mapping[str, Any] = results["measurements"].get(name, {}).get("run", results)
    return run


def _told(head: Mapping[str, Any], entries: Mapping[str, Any]) -> Results:
    apart = [name for name, entry in entries.items() if "run" in entry]
    lost = [name for name, entry in entries.items() if "failed" in entry]
    return {
        **head,
        "whole": all(name in entries and name not in (*apart, *lost) for name in NAMES),
        "failed": lost,
        "missed": [f"{n}.{figure}" for n, e in entries.items() for figure in e.get("missed", ())],
        "apart": apart,
        "measurements": dict(entries),
    }


def _parsed(text: str) -> Results:
    found: Results = json.loads(text)
    return found
