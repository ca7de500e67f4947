"""Where the programs are, and the rules that belong to them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from understudy.errors import StackError

_PACKAGE = Path(__file__).parent.parent
_PROJECT = _PACKAGE.parent


@dataclass(frozen=True, slots=True)
class Tools:
    """The monitoring programs."""

    prometheus: Path
    alertmanager: Path

    @classmethod
    def find(cls) -> Self:
        """Find them in the project's .tools/bin or on PATH.

        Raises:
            StackError: one is missing.
        """
        return cls(
            prometheus=_program("prometheus"),
            alertmanager=_program("alertmanager", "prometheus-alertmanager"),
        )


def shipped_monitoring() -> Path:
    """Return the folder with prometheus.yml, alertmanager.yml and rules/ that come along.

    Raises:
        StackError: they don't.
    """
    for folder in (_PACKAGE / "monitoring", _PROJECT / "alertmanager"):
        if (folder / "prometheus.yml").is_file():
            return folder
    raise StackError("This installation has no rules for Prometheus; run it from a checkout.")


def _program(*names: str) -> Path:
    folders = f"{_PROJECT / '.tools' / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    for name in names:
        if found := shutil.which(name, path=folders):
            return Path(found)
    raise StackError(
        f"There is no {names[0]} on PATH; `make tools` gets it from the distribution's packages."
    )
