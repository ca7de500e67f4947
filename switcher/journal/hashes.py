"""The chain of hashes over the journal's entries. Pure, and the same for ever.

Each entry has the SHA-256, in lower-case hexadecimal, of one line of JSON in UTF-8:

    [previous, id, time, kind, value, witness, incident, rotation, sentence, details]

`previous` is the hash of the entry before it; the first entry has that of "understudy journal "
and the journal's name. Ids count up by one. `time` is a number with the fewest digits that give
the same 64-bit float, as Python writes it (5.0, 1800000213.25); `incident` and `rotation` are
numbers or null; `details` is a string: the stored text as it is, not what it means. There is no
space after the commas, and of the characters only those are escaped that JSON requires to be.
docs/decisions/journal.md has a program that checks it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

Fields = tuple[Any, ...]
"""id, time, kind, value, witness, incident, rotation, sentence, details as they are stored."""


PRUNED = "pruned"
"""Value of the entry that tells what retention removed; of kind "journal"."""

UNREADABLE = "unreadable"
"""Value of what is shown for an entry that nothing can be made of; of kind "journal"."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry's id and hash, which stand for all entries up to it; "ID:HASH" as text."""

    id: int
    hash: str

    def __str__(self) -> str:
        """Return "ID:HASH"."""
        return f"{self.id}:{self.hash}"


def genesis(journal: str) -> Head:
    """Return what the first entry of a journal of that name links to."""
    return Head(0, hashlib.sha256(f"understudy journal {journal}".encode()).hexdigest())


def link(previous: str, fields: Fields) -> str:
    """Return the hash of an entry.

    Raises:
        ValueError, TypeError: a field holds what no entry can have.
    """
    line = json.dumps(
        [previous, *fields], ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(line.encode()).hexdigest()
