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

KEPT = Path(".run/fuzz")
_LONGEST_INPUT = 4096
_SLOWEST = 5
"""Seconds that one input may take."""

_MOST_MB = 1024
_EXECUTED = re.compile(r"stat::number_of_executed_units: +(\d+)")


def main() -> int:
    """Fuzz all targets, or those that were named, and tell what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    asked, rest = parser.parse_known_args()
    if asked.only:
        _fuzz(asked.only, rest)
        return 0
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - the child has to instrument them

    broken = [
        name for name in asked.targets or TARGETS if not _run(name, round(asked.minutes * 60))
    ]
    if broken:
        print(f"fuzz: promises were broken by {', '.join(broken)}: see {KEPT}", file=sys.stderr)
    return 1 if broken else 0


def _run(name: str, seconds: int) -> bool:
    from tests.fuzz.targets import TARGETS, found  # noqa: PLC0415 - as above

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
        command = (sys.executable, "-m", "tests.fuzz", "--only", name, *options)
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    executed = _EXECUTED.search(done.stderr)
    count = executed[1] if executed else "no"
    print(f"fuzz: {name}: {count} executions, status {done.returncode}", flush=True)
    if done.returncode:
        print(done.stderr[-4000:], file=sys.stderr)
    return done.returncode == 0


def _fuzz(name: str, options: list[str]) -> None:
    import atheris  # noqa: PLC0415 - tests run without it

    with atheris.instrument_imports(include=["chains"]):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - instrumented as it is imported

    atheris.Setup([sys.argv[0], *options], TARGETS[name].feed)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
