"""Which commands answer programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from understudy.cli import app

FOR_NO_PROGRAM = {
    *("exporter", "switcher", "node"),  # whose log is JSON
    "demo",  # whose last line is JSON
    "healthy",  # which says nothing
    "completion",
}


def every_command(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, inner in command.commands.items():
        yield from every_command(f"{name} {word}".strip(), inner)


def test_every_command_answers_programs_with_json() -> None:
    commands = dict(every_command("", typer.main.get_command(app)))
    without = {
        name
        for name, command in commands.items()
        if not any("--json" in each.opts for each in command.params)
    }
    assert without == FOR_NO_PROGRAM
