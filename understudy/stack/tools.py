"""Where the monitoring programs are."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from understudy.errors import StackError

_PROJECT = Path(__file__).parent.parent.parent
_PACKAGES = {
    "prometheus": "prometheus",
    "alertmanager": "prometheus-alertmanager",
}
"""What the distribution calls the packages."""


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


def _program(*names: str) -> Path:
    folders = f"{_PROJECT / '.tools' / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    for name in names:
        if found := shutil.which(name, path=folders):
            return Path(found)
    raise StackError(
        f"There is no {names[0]} on PATH; install the distribution's package "
        f"{_PACKAGES[names[0]]}, or in a checkout do: make tools"
    )
