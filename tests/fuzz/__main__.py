"""Fuzzes the parsers with atheris: `python -m tests.fuzz [--minutes M] [TARGET…]`, or `make fuzz`.

Each target runs in a process of its own, from its seeds on. An input that breaks a promise is kept
in .run/fuzz; once it is mended, it belongs into tests/fixtures/fuzz/TARGET.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.targets import TARGETS, found

KEPT = Path(".run/fuzz")
_LONGEST_INPUT = 4096
_SLOWEST = 5
"""Seconds that one input may take."""

_MOST_MB = 1024
_EXECUTED = re.compile(r"stat::number_of_executed_units: +(\d+)")
_COVERED = re.compile(r"cov: (\d+)")


def main() -> int:
    """Fuzz all targets, or those that were named, and tell what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target")
    asked = parser.parse_args()
    broken = [
        name for name in asked.targets or TARGETS if not _run(name, round(asked.minutes * 60))
    ]
    if broken:
        print(f"fuzz: promises were broken by {', '.join(broken)}: see {KEPT}", file=sys.stderr)
    return 1 if broken else 0


def _run(name: str, seconds: int) -> bool:
    target = TARGETS[name]
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="understudy-fuzz-") as folder:
        corpus, words = Path(folder) / "corpus", Path(folder) / "words"
        corpus.mkdir()
        for number, seed in enumerate([*target.seeds(), *found(name)]):
            (corpus / f"seed-{number}").write_bytes(seed)
        words.write_text("".join(f"{json.dumps(word)}\n" for word in target.words or ("hash",)))
        options = (
            str(corpus),
            f"-dict={words}",
            f"-max_total_time={seconds}",
            f"-max_len={_LONGEST_INPUT}",
            f"-timeout={_SLOWEST}",
            f"-rss_limit_mb={_MOST_MB}",
            f"-artifact_prefix={KEPT}/{name}-",
            "-print_final_stats=1",
        )
        command = (sys.executable, "-m", "tests.fuzz.fuzzing", name, *options)
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    executed, covered = _EXECUTED.search(done.stderr), _COVERED.findall(done.stderr)
    print(
        f"fuzz: {name}: {executed[1] if executed else 'no'} executions, "
        f"coverage {' to '.join((covered[0], covered[-1])) if covered else 'none'}, "
        f"status {done.returncode}",
        flush=True,
    )
    if done.returncode:
        print(done.stderr[-4000:], file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
