"""Hold a lock on a SQLite database until standard input ends, as another program might.

    python -m tests.faults.locker write|all FILE

write  nobody else can write
all    nobody else can read either, as if the database were gone
"""

from __future__ import annotations

import fcntl
import sqlite3
import sys
import time
from pathlib import Path

_SHM_LOCKS = (120, 8)
"""First byte and number of the locks in the WAL's index (sqlite.org/walformat.html, 2.3)."""


def main() -> None:
    """Take the lock, say so, and wait."""
    kind, path = sys.argv[1], Path(sys.argv[2])
    if kind == "write":
        database = sqlite3.connect(path, timeout=60, isolation_level=None)
        database.execute("begin immediate")
        _hold()
        database.close()
    else:
        first, number = _SHM_LOCKS
        with Path(f"{path}-shm").open("r+b") as index:
            while not _taken(index.fileno(), number, first):
                time.sleep(0.001)
            _hold()


def _taken(descriptor: int, number: int, first: int) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, number, first)
    except OSError:
        return False
    return True


def _hold() -> None:
    print("held", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
