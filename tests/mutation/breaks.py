"""Breaks of the rules, and which of them are known to be harmless."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import yaml

EXPLAINED = Path(__file__).with_name("explained.yaml")


@dataclass(frozen=True, slots=True)
class Break:
    """A change of one file: the lines that it took away, and those that it put there instead."""

    file: str
    was: str
    became: str

    @classmethod
    def of_diff(cls, file: str, diff: str) -> Self:
        """Return the break that a unified diff shows."""
        lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
        was, became = ([line[1:].strip() for line in lines if line[:1] == mark] for mark in "-+")
        return cls(file, "\n".join(was), "\n".join(became))


def explained(path: Path = EXPLAINED) -> dict[Break, str]:
    """Return the breaks that no test can or need notice, and why.

    Raises:
        ValueError: one is explained twice, or not in the file's form.
    """
    told: dict[Break, str] = {}
    for file, why, was, became in _entries(path):
        each = Break(file, was.strip(), became.strip())
        if each in told:
            raise ValueError(f"explained twice: {each}")
        told[each] = why
    return told


def _entries(path: Path) -> Iterator[tuple[str, str, str, str]]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for file, reasons in document.items():
        for reason in reasons:
            if not reason["why"].strip() or not reason["breaks"]:
                raise ValueError(f"{file}: a reason without words, or for nothing")
            for was, became in reason["breaks"]:
                yield file, reason["why"], was, became
