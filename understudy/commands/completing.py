"""Names from understudy.yaml while a word is completed: read quickly, and never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from understudy.commands.options import DEFAULT_CONFIG


def witnesses(context: typer.Context, incomplete: str) -> list[str]:
    """Return the witness accounts that begin so."""
    return _beginning(incomplete, (each.get("account") for each in _witnesses(context)))


def producers(context: typer.Context, incomplete: str) -> list[str]:
    """Return the hosts that begin so; which witness is named already is not known here."""
    rings = _witnesses(context)
    return _beginning(incomplete, (p.get("name") for w in rings for p in _dicts(w, "producers")))


def nodes_and_peers(context: typer.Context, incomplete: str) -> list[str]:
    """Return the nodes and peers that begin so."""
    document = _document(context)
    sections = (document.get("bitshares"), document.get("peers"))
    return _beginning(incomplete, (n.get("name") for s in sections for n in _dicts(s, "nodes")))


def _witnesses(context: typer.Context) -> Iterator[dict[str, Any]]:
    return _dicts(_document(context).get("bitshares"), "witnesses")


def _beginning(incomplete: str, names: Iterator[Any]) -> list[str]:
    return [name for name in names if isinstance(name, str) and name.startswith(incomplete)]


def _dicts(section: Any, key: str) -> Iterator[dict[str, Any]]:
    found = section.get(key) if isinstance(section, dict) else None
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict):
            yield each


def _document(context: typer.Context) -> dict[str, Any]:
    """Return the file as plain data; where it can't be read, there is nothing to offer."""
    import yaml

    path = Path(context.params.get("config") or DEFAULT_CONFIG)
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}
