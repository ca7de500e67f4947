"""The demonstration told in the terminal, line by line."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap

from rich.console import Console
from rich.text import Text

_WORD_WIDTH = 10
_NARROWEST = 20
_STYLES = {
    "kill": "bold red",
    "mine": "bold red",
    "miss": "red",
    "wait": "dim",
    "alert": "bold yellow",
    "decision": "bold cyan",
    "sent": "cyan",
    "asked": "cyan",
    "moved": "cyan",
    "in block": "cyan",
    "on air": "bold green",
    "converged": "bold green",
    "chains": "bold green",
    "signs": "green",
    "block": "dim",
}


class Narrator:
    """Tells one thing a line: seconds since the kill (negative before), a word, a sentence."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console = console
        self._clock = clock
        self._zero: float | None = None

    def title(self, text: str) -> None:
        """Print a headline."""
        self._console.print(Text(text, style="bold"))

    def note(self, text: str) -> None:
        """Print a sentence without time."""
        self._console.print(Text(text, style="dim"))

    def start_clock(self) -> None:
        """Count seconds from now on."""
        self._zero = self._clock()

    def stop_clock(self) -> None:
        """Tell no times until the clock starts again."""
        self._zero = None

    def tell(self, word: str, sentence: str, time: float | None = None) -> None:
        """Print what happened, at `time` (seconds since the epoch) or now."""
        moment = self._clock() if time is None else time
        stamp = "" if self._zero is None else f"{moment - self._zero:+.1f} s"
        head = Text(f"{stamp:>8}  ", style="dim")
        head.append(f"{word:<{_WORD_WIDTH - 1}} ", style=_STYLES.get(word, "bold"))
        room = max(self._console.width - len(head), _NARROWEST)
        for part in wrap(sentence, room):
            self._console.print(head + Text(part, style="dim" if word == "block" else ""))
            head = Text(" " * len(head))
