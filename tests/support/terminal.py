"""A terminal with a process in it, and what a person sees there."""

from __future__ import annotations

import asyncio
import codecs
import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

_COLUMNS = 500
"""So many that no line is broken."""

_LOOK = 0.01
"""Seconds between two looks at whether the process waits; nothing tells of it."""

_PART = re.compile(r"\r|\n|\x1b\[(?P<given>[?0-9;]*)(?P<what>[A-Za-z])|[^\r\n\x1b]+|\x1b")


class Screen:
    """The rows that a terminal shows; `raw` is all that was written to it."""

    def __init__(self, process: asyncio.subprocess.Process, keyboard: int) -> None:
        self.raw = ""
        self._process = process
        self._keyboard = keyboard
        self._written = asyncio.Event()

    @property
    def rows(self) -> list[str]:
        """Return what can be read, from the top down.

        Raises:
            ValueError: something is written that this terminal doesn't know.
        """
        rows, row, column = [""], 0, 0
        main = rows
        for part in _PART.finditer(self.raw):
            text, what, given = part[0], part["what"], part["given"]
            if text == "\r":
                column = 0
            elif text == "\n":
                row += 1
                rows += [""] * (row == len(rows))
            elif what == "A":
                row = max(0, row - int(given or 1))
            elif what == "H" and not given:
                row = column = 0
            elif (given, what) == ("?1049", "h"):
                main, rows, row, column = rows, [""], 0, 0
            elif (given, what) == ("?1049", "l"):
                rows, row, column = main, len(main) - 1, 0
            elif what == "K" and given == "2":
                rows[row] = ""
            elif what is None and text != "\x1b":
                before, after = rows[row][:column].ljust(column), rows[row][column + len(text) :]
                rows[row] = before + text + after
                column += len(text)
            elif what != "m" and (given, what) not in {("?25", "l"), ("?25", "h")}:
                raise ValueError(text)
        return [each.rstrip() for each in rows]

    async def shows(self, row: Callable[[str], bool]) -> None:
        """Wait until there is such a row."""
        while not any(map(row, self.rows)):
            self._written.clear()
            await self._written.wait()

    async def asks(self, question: str) -> None:
        """Wait until a question stands in the last row, with the cursor a space behind it.

        That space comes last: what is typed before is lost where it isn't to be seen.
        """
        while not (self.raw.endswith(": ") and question in self.rows[-1]):
            self._written.clear()
            await self._written.wait()

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self._keyboard, text.encode())

    async def interrupt(self) -> None:
        """Press Ctrl-C, once the process waits.

        Just before it does, Python notices a signal only with the next one; a person presses again.
        """
        state = Path(f"/proc/{self._process.pid}/stat")
        while state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "S":
            await asyncio.sleep(_LOOK)
        self._process.send_signal(signal.SIGINT)

    async def ended(self) -> int:
        """Wait until the process has ended, and return its exit status."""
        return await self._process.wait()

    def write(self, text: str) -> None:
        """Take what a process writes."""
        self.raw += text
        self._written.set()


@asynccontextmanager
async def in_terminal(*words: str, **variables: str) -> AsyncIterator[Screen]:
    """Run a command of ours with a terminal around it; it is stopped in the end.

    `variables` are of its environment.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, _COLUMNS, 0, 0))
    kept = {name: each for name, each in os.environ.items() if name not in {"NO_COLOR", "COLUMNS"}}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "understudy", *words),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**kept, "TERM": "xterm", **variables},
    )
    os.close(theirs)
    screen, loop = Screen(process, ours), asyncio.get_running_loop()
    decoder = codecs.getincrementaldecoder("utf-8")()

    def read() -> None:
        try:
            screen.write(decoder.decode(os.read(ours, 65_536)))
        except OSError:  # the last process that had it open is gone
            loop.remove_reader(ours)

    loop.add_reader(ours, read)
    try:
        async with asyncio.timeout(60):
            yield screen
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        loop.remove_reader(ours)
        os.close(ours)
