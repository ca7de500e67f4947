"""The demonstration told in the terminal, line by line."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.text import Text

_WORD_WIDTH = 10
_STYLES = {
    "kill": "bold red",
    "miss": "red",
    "alert": "bold yellow",
    "decision": "bold cyan",
    "sent": "cyan",
    "in block": "cyan",
    "on air": "bold green",
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

    def tell(self, word: str, sentence: str, time: float | None = None) -> None:
        """Print what happened, at `time` (seconds since the epoch) or now."""
        moment = self._clock() if time is None else time
        stamp = "" if self._zero is None else f"{moment - self._zero:+.1f} s"
        line = Text(f"{stamp:>8}  ", style="dim")
        line.append(f"{word:<{_WORD_WIDTH}}", style=_STYLES.get(word, "bold"))
        line.append(sentence, style="dim" if word == "block" else "")
        self._console.print(line)
