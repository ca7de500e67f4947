"""Fuzzes the parsers with atheris: `python -m tests.fuzz [--minutes M] [TARGET…]`, or `make fuzz`.

Each target runs in a process of its own, from its seeds and past findings on, as many at a time as
there are processors. An input that breaks a promise is kept in .run/fuzz; once it is mended, it
belongs into tests/fixtures/fuzz/TARGET.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.fuzz.fuzzing import PARSERS, Bounds, fuzz_all

KEPT = Path(".run/fuzz")


def main() -> int:
    """Fuzz all targets, or those that were named, and tell what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets at a time")
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    asked = parser.parse_args()
    if unknown := set(asked.targets) - set(PARSERS):
        parser.error(f"no target: {', '.join(sorted(unknown))}; there are {', '.join(PARSERS)}")
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="understudy-fuzz-") as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder  # what a target leaves goes with it
        bounds = Bounds(asked.minutes * 60, asked.jobs, asked.seed)
        broken = fuzz_all(asked.targets, bounds, Path(folder), KEPT)
    if not broken:
        print("fuzz: all parsers kept what they promise")
        return 0
    print(
        f"fuzz: promises were broken by {', '.join(broken)}. What broke them is in {KEPT}, named "
        "by its parser; as a file in tests/fixtures/fuzz/PARSER, pytest tests/fuzz tries it again.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
