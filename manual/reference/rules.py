"""The rules that come along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from understudy.shipped import Folder, shipped_folder


def groups() -> Iterator[dict[str, Any]]:
    """Yield the groups of every file of rules, in their order."""
    for path in sorted((shipped_folder(Folder.ALERTMANAGER) / "rules").glob("*.yml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
