"""Run an `understudy` command with a wall clock that is off, by seconds that may change meanwhile.

    python -m bench.misset FILE -- switcher …

FILE holds the seconds by which the clock is ahead, negative where it is behind. The steady clock,
by which the event loop goes as well, is left alone, as it is when an administrator sets the time.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Watchmaker:
    """Sets the clock by which a switcher runs."""

    file: Path

    @property
    def module(self) -> tuple[str, ...]:
        """The module, with its arguments, that runs a command by this clock."""
        return ("bench.misset", str(self.file), "--")

    def set(self, off: float) -> None:
        """Have the clock be so many seconds ahead from now on, or behind."""
        # In one step: an empty file has no figure in it.
        new = self.file.with_suffix(".new")
        new.write_text(str(off))
        new.rename(self.file)


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
