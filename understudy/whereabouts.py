"""Where everything of a running stack is, as its folder tells it to the other commands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

USUAL = Path(".run")
"""The folder of a stack, unless another one is named."""
_FILE = "addresses.json"


@contextmanager
def told(folder: Path, addresses: Mapping[str, str]) -> Iterator[None]:
    """Have a folder tell where everything is for as long as the context lasts."""
    file = folder / _FILE
    file.write_text(f"{json.dumps(addresses, indent=1)}\n", encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def told_in(folder: Path) -> dict[str, str]:
    """Return where everything is by what it is called; empty where no stack runs in a folder."""
    try:
        found = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(at) for name, at in found.items()} if isinstance(found, dict) else {}
