"""Run an `understudy` command with a wall clock that is off, by seconds that may change meanwhile.

    python -m tests.faults.misset FILE -- switcher …

FILE holds the seconds by which the clock is ahead, negative where it is behind. The steady clock,
by which the event loop goes as well, is left alone, as it is when an administrator sets the time.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def main() -> None:
    """Put the clock off, then run the command."""
    file, _, *command = sys.argv[1:]
    seconds, right = Path(file), time.time
    time.time = lambda: right() + float(seconds.read_text())
    from understudy.cli import main as understudy  # noqa: PLC0415 - binds what was just replaced

    sys.argv[1:] = command
    understudy()


if __name__ == "__main__":
    main()
