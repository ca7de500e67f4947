"""The configuration, as commands come by it: what reads it is loaded only when it is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from understudy.config import Configuration


def load(path: Path) -> Configuration:
    """Return what understudy.yaml says.

    Raises:
        ConfigurationError: with all that is wrong in the file.
    """
    from understudy.config import load as read

    return read(path)
