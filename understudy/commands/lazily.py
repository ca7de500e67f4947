"""Commands that are loaded when they are used, so that completing a word takes no half a second."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer

# Where all versions have it, though it is declared elsewhere.
from typer.core import CompletionItem, TyperGroup  # type: ignore[attr-defined]


class Commands(dict[str, Any]):
    """Commands by name, from `places`: each is loaded with the first look at it.

    A place is "MODULE.NAME" in this package: a function, or a `typer.Typer` of several.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        super().__init__(places)

    def __getitem__(self, name: str) -> Any:
        """Return a command."""
        found = super().__getitem__(name)
        if isinstance(found, str):
            found = self[name] = _built(name, found)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """Return a command, or else the default."""
        try:
            return self[name]
        except KeyError:
            return default

    def items(self) -> Any:
        """Return all of them."""
        return [(name, self[name]) for name in self]


def _built(name: str, place: str) -> Any:
    module, _, attribute = place.partition(".")
    found = getattr(import_module(f"understudy.commands.{module}"), attribute)
    around = typer.Typer(add_completion=False, rich_markup_mode="markdown")
    around.callback()(_nothing)
    if isinstance(found, typer.Typer):
        around.add_typer(found, name=name)
    else:
        around.command(name)(found)
    made: Any = typer.main.get_command(around)
    return made.commands[name]


def _nothing() -> None:
    """Keep what is around one command a group."""


def group_of(places: Mapping[str, str]) -> type[TyperGroup]:
    """Return the class of a group that has these commands."""

    class Lazy(TyperGroup):
        """A group whose commands are loaded when they are used."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands = Commands(places)

        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as it is called
            """Return their names."""
            return list(self.commands)

        def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
            """Return names that begin so, without loading what they name."""
            if incomplete.startswith("-"):
                return super().shell_complete(ctx, incomplete)
            return [CompletionItem(name) for name in places if name.startswith(incomplete)]

    return Lazy
