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
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.mutation.breaks import Break, explained

_MUTANTS = Path("mutants")
_UNNOTICED = (0, 33)
"""What mutmut notes of a break under which the tests passed, or that none of them reaches."""
_TYPES = 37
"""What it notes of one that types tell of."""


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
    subprocess.run(command, check=True)
    return _tell(whole=not asked.names)


def _tell(*, whole: bool) -> int:
    known = explained()
    made: Counter[str] = Counter()
    typed: Counter[str] = Counter()
    unnoticed: dict[str, Break] = {}
    for path in sorted(_MUTANTS.rglob("*.meta")):
        file = str(path.relative_to(_MUTANTS)).removesuffix(".meta")
        codes: dict[str, int | None] = json.loads(path.read_text())["exit_code_by_key"]
        made[file] = sum(code is not None for code in codes.values())
        typed[file] = sum(code == _TYPES for code in codes.values())
        names = [name for name, code in codes.items() if code in _UNNOTICED]
        unnoticed |= {name: Break.of_diff(file, _diff(name)) for name in names}
    _print_table(made, typed, unnoticed, known)
    open_ones = {name: each for name, each in unnoticed.items() if each not in known}
    for name, each in open_ones.items():
        print(f"\n{name} ({each.file}): no test noticed\n- {each.was}\n+ {each.became}")
    stale = known.keys() - set(unnoticed.values()) if whole else set()
    for each in stale:
        print(f"\n{each.file}: explained, but it was noticed or is not made any more\n- {each.was}")
    return 1 if open_ones or stale else 0


def _diff(name: str) -> str:
    done = subprocess.run(("mutmut", "show", name), capture_output=True, text=True, check=True)
    return done.stdout


def _print_table(
    made: Counter[str],
    typed: Counter[str],
    unnoticed: Mapping[str, Break],
    known: Mapping[Break, str],
) -> None:
    left = Counter(each.file for each in unnoticed.values())
    told = Counter(each.file for each in unnoticed.values() if each in known)
    rows = [(file, made[file], typed[file], left[file], told[file]) for file in made]
    rows.append(("all", made.total(), typed.total(), left.total(), told.total()))
    print(
        f"\n{'file':<36}{'breaks':>8}{'by types':>10}{'by tests':>10}{'explained':>11}{'open':>6}"
    )
    for file, total, types, unseen, reasons in rows:
        tests = total - types - unseen
        print(f"{file:<36}{total:>8}{types:>10}{tests:>10}{reasons:>11}{unseen - reasons:>6}")


if __name__ == "__main__":
    sys.exit(main())
