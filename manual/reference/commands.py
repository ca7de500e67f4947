"""Every command: how it is used, what it takes, and how it ends."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from manual.reference.markdown import code, document, prose, table
from understudy.cli import app
from understudy.commands.program import NAME


def page() -> str:
    """Return the page of commands."""
    command: Any = typer.main.get_command(app)
    context = command.make_context(NAME, [], resilient_parsing=True)
    introduction = [_help(command), *_options(command, context)]
    return document("Commands", *introduction, *_sections(command, context, NAME))


def _sections(group: Any, context: Any, name: str) -> Iterator[str]:
    for word, command in sorted(group.commands.items()):
        if command.hidden:
            continue
        full = f"{name} {word}"
        inner = command.context_class(command, info_name=word, parent=context)
        yield f"## `{full}`" if name == NAME else f"### `{full}`"
        yield f"```text\n{' '.join([full, *command.collect_usage_pieces(inner)])}\n```"
        yield _help(command)
        yield from _options(command, inner)
        if hasattr(command, "commands"):
            yield from _sections(command, inner, full)


def _help(command: Any) -> str:
    """Return the help of a command, in paragraphs."""
    text = inspect.cleandoc(command.help or "").replace("\f", "")
    return "\n\n".join(prose(paragraph) for paragraph in text.split("\n\n"))


def _options(command: Any, context: Any) -> Iterator[str]:
    told = [each.get_help_record(context) for each in command.get_params(context)]
    rows = [(code(use), prose(text)) for use, text in filter(None, told) if use != "--help"]
    if rows:
        yield table(("takes", "what for"), rows)
