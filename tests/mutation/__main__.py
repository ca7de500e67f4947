"""Breaks the rules one by one, and tells which breaks no test noticed: `make mutation`.

mutmut makes the breaks, has mypy look at them, and runs the tests that reach each that types say
nothing of; what is broken, and by which tests that is to be noticed, is in pyproject.toml. A break
that nothing noticed wants a test, or a reason in explained.yaml why none can or need notice it. A
run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.mutation.breaks import Break, explained
from tests.mutation.outcomes import Outcomes

_MUTANTS = Path("mutants")
_MEMORY = 6 * 2**30
"""Bytes that a process may have at most: a break may have one ask for ever more."""


def main() -> int:
    """Break, and tell what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="as switcher.guards*; all if none")
    parser.add_argument("--anew", action="store_true", help="forget what was tried before")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at a time")
    asked = parser.parse_args()
    if asked.anew:
        shutil.rmtree(_MUTANTS, ignore_errors=True)
    command = ("mutmut", "run", "--max-children", str(asked.jobs), *asked.names)
    _bound_memory()
    subprocess.run(command, check=True)
    return tell(_MUTANTS, explained(), asked.names)


def _bound_memory() -> None:
    """Have this process, and those that it starts, do with so much, unless they have less."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY or most > _MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, most))


def tell(folder: Path, known: Mapping[Break, str], names: Sequence[str]) -> int:
    """Print what came of all breaks, or of those named, and return the exit status."""
    files = [_read(path, folder, names) for path in sorted(folder.rglob("*.meta"))]
    if not any(each.made for each in files):
        print("There was no break to try: NAME is a pattern as switcher.guards*")
        return 1
    unnoticed = {
        name: Break.of_diff(each.file, _diff(name)) for each in files for name in each.unnoticed
    }
    _print_table(files, unnoticed.values(), known)
    open_ones = {name: each for name, each in unnoticed.items() if each not in known}
    for name, each in open_ones.items():
        print(f"\n{name} ({each.file}): no test noticed\n- {each.was}\n+ {each.became}")
    untried = [(name, each.file) for each in files for name in each.untried]
    for name, file in untried:
        print(f"\n{name} ({file}): not tried to its end; once more goes on with it")
    stale = set() if names else known.keys() - set(unnoticed.values())
    for gone in stale:
        print(f"\n{gone.file}: explained, but it was noticed or is not made any more\n- {gone.was}")
    return 1 if open_ones or untried or stale else 0


def _read(path: Path, folder: Path, names: Sequence[str]) -> Outcomes:
    file = str(path.relative_to(folder)).removesuffix(".meta")
    return Outcomes.of_statuses(file, json.loads(path.read_text())["exit_code_by_key"], names)


def _diff(name: str) -> str:
    done = subprocess.run(("mutmut", "show", name), capture_output=True, text=True, check=True)
    return done.stdout


_COLUMNS = "{:<36}{:>8}{:>10}{:>10}{:>11}{:>6}{:>9}"


def _print_table(
    files: Sequence[Outcomes], unnoticed: Iterable[Break], known: Mapping[Break, str]
) -> None:
    reasons = Counter(each.file for each in unnoticed if each in known)
    rows = [
        (
            each.made,
            each.by_types,
            each.by_tests,
            reasons[each.file],
            len(each.unnoticed) - reasons[each.file],
            len(each.untried),
        )
        for each in files
    ]
    header = ("file", "breaks", "by types", "by tests", "explained", "open", "untried")
    print("\n" + _COLUMNS.format(*header))
    for each, row in zip(files, rows, strict=True):
        print(_COLUMNS.format(each.file, *row))
    print(_COLUMNS.format("all", *map(sum, zip(*rows, strict=True))))


if __name__ == "__main__":
    sys.exit(main())
