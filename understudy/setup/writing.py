"""Putting the files into place: nothing is replaced unasked, secrets are for their owner alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from understudy.errors import CommandError
from understudy.setup.choices import Choices
from understudy.setup.document import ALERTMANAGER_TOKEN, document
from understudy.setup.snippets import alertmanager_snippet, prometheus_snippet
from understudy.shipped import Folder, shipped_folder

CONFIGURATION = "understudy.yaml"
_MONITORING = "monitoring"
_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that is to be written; it holds no secret."""

    path: Path
    text: str

    @property
    def differs(self) -> bool:
        """Tell whether something else is there already."""
        if not self.path.exists():
            return self.path.is_symlink()
        return self.path.is_dir() or self.path.read_bytes() != self.text.encode()

    def write(self) -> None:
        """Put it into place whole, or leave what is there.

        Raises:
            CommandError: it can't be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            half = Path(name)
            try:
                with os.fdopen(number, "w", encoding="utf-8") as file:
                    file.write(self.text)
                half.chmod(_MODE & ~_umask())
                half.replace(self.path)
            except BaseException:
                half.unlink()
                raise
        except OSError as error:
            raise CommandError(f"{self.path} can't be written: {error.strerror}.") from error


def drafts(choices: Choices, folder: Path) -> Iterator[Draft]:
    """Yield what is to be written into a folder: understudy.yaml first, then what goes elsewhere.

    Raises:
        MissingFilesError: this installation lacks the rules.
    """
    folder = folder.absolute()
    yield Draft(folder / CONFIGURATION, document(choices))
    shipped, there = shipped_folder(Folder.ALERTMANAGER), folder / _MONITORING
    rules, token = there / "rules", folder / ALERTMANAGER_TOKEN
    text = prometheus_snippet(_read(shipped / "prometheus.yml"), rules)
    yield Draft(there / "prometheus.yml", text)
    text = alertmanager_snippet(_read(shipped / "alertmanager.yml"), token)
    yield Draft(there / "alertmanager.yml", text)
    for path in sorted((shipped / "rules").glob("*.yml")):
        yield Draft(rules / path.name, path.read_text(encoding="utf-8"))


def _umask() -> int:
    """Return which bits new files lack; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
