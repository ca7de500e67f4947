"""Asks which weaknesses are known of what is locked; where that can't be asked, tells its age.

    python -m scripts.audit [FILE…]     requirements/*.txt unless files are named

Status 0: every package was asked about, and nothing is known against any. 1: something is. 2: not
every package could be asked about, so nothing is known either way, and the age of the locks is told
instead. pip-audit alone ends with 0 where the index knows nothing of a package, or of none at all.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

LOCKS = Path(__file__).resolve().parent.parent / "requirements"
NEWEST = LOCKS / "newest-of"
"""The day on which every package was last locked in its newest version; scripts/lock writes it."""

OLD_DAYS = 90
NOTHING_KNOWN, WEAK, NOT_ASKED = 0, 1, 2
_SECONDS = 300.0
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking about a lock: for how many packages there was an answer, for which there
    was none and a word on why, and a sentence for each weakness.
    """

    answered: int
    unanswered: tuple[str, ...]
    why: str
    weaknesses: tuple[str, ...]


def pinned(lock: Path) -> frozenset[str]:
    """Return the names of the packages that a lock pins, spelt alike.

    Raises:
        OSError: it can't be read.
    """
    return frozenset(map(_plain, _PIN.findall(lock.read_text(encoding="utf-8"))))


def read_answer(told: str, trouble: str, pins: frozenset[str]) -> Asked:
    """Read what pip-audit printed as JSON, or else into its log.

    Of whatever it doesn't speak, and of what it skips, nothing is known.
    """
    try:
        packages = json.loads(told)["dependencies"]
    except (ValueError, KeyError, TypeError):
        packages = []
        why = (trouble.strip().splitlines() or ["it says nothing"])[-1]
    else:
        skipped = (package["skip_reason"] for package in packages if "vulns" not in package)
        why = next(skipped, "")
    answers = {_plain(package["name"]): package for package in packages if "vulns" in package}
    answered = pins & answers.keys()
    return Asked(
        answered=len(answered),
        unanswered=tuple(sorted(pins - answered)),
        why=why,
        weaknesses=tuple(
            _weakness(package, found) for package in answers.values() for found in package["vulns"]
        ),
    )


def ask(lock: Path) -> Asked:
    """Ask about a lock's packages.

    Raises:
        OSError: the lock can't be read.
    """
    words = ["pip-audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    words += ["--format", "json", "--requirement", str(lock)]
    try:
        done = subprocess.run(  # noqa: S603
            words, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return read_answer("", str(error), pinned(lock))
    return read_answer(done.stdout, done.stderr, pinned(lock))


def age(noted: str, today: date) -> str:
    """Return a sentence about the day of the newest versions.

    Raises:
        ValueError: it is no day.
    """
    day = date.fromisoformat(noted.strip())
    days = (today - day).days
    told = f"the locks have the newest versions of {day} (days since: {days})"
    if days > OLD_DAYS:
        return f"{told}, more than {OLD_DAYS} ago; do: make lock OPTIONS=--upgrade"
    return told


def report(asked: Mapping[str, Asked], age_told: str) -> tuple[int, list[str]]:
    """Return the exit status and the lines to print; `asked` is by the lock's name."""
    lines = [line for name, one in asked.items() for line in _told(name, one)]
    if any(one.weaknesses for one in asked.values()):
        return WEAK, lines
    if not asked or any(one.unanswered or not one.answered for one in asked.values()):
        not_audited = "NOT AUDITED, so that nothing is known either way"
        return NOT_ASKED, [*lines, f"{not_audited}; {age_told}."]
    return NOTHING_KNOWN, [*lines, f"No weakness is known of what is locked; {age_told}."]


def _told(name: str, one: Asked) -> Iterator[str]:
    count = one.answered + len(one.unanswered)
    yield f"{name}: {one.answered} of {count} packages could be asked about"
    yield from (f"  {sentence}" for sentence in one.weaknesses)
    if one.unanswered:
        names = f"not about {', '.join(one.unanswered)}" if one.answered else "none"
        yield f"  {names}: {one.why}"


def main(arguments: Sequence[str]) -> int:
    """Ask about each lock, print what came of it, and return the exit status."""
    locks = [Path(name) for name in arguments] or sorted(LOCKS.glob("*.txt"))
    told = age(NEWEST.read_text(encoding="utf-8"), date.today())
    asked = {lock.name: ask(lock) for lock in locks}
    status, lines = report(asked, told)
    print(*lines, sep="\n")
    return status


def _weakness(package: dict[str, Any], found: dict[str, Any]) -> str:
    mended = ", ".join(found["fix_versions"]) or "no version yet"
    return f"{package['name']} {package['version']}: {found['id']}, mended in {mended}"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
