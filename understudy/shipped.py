"""The files that come along: rules and routes, dashboards, units and manifests."""

from __future__ import annotations

from enum import StrEnum
from importlib.resources import files
from pathlib import Path

import understudy
from understudy.errors import MissingFilesError

_WITHIN_A_WHEEL = "data"
"""The folder of this package below which a wheel has them, under the same names."""


class Folder(StrEnum):
    """The folders, as they are called in the project and in an installed package alike."""

    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    DEPLOY = "deploy"


def shipped_folder(folder: Folder) -> Path:
    """Return where a folder is: within the installed package, or else beside it in a checkout.

    Raises:
        MissingFilesError: this installation has neither.
    """
    package = Path(str(files(understudy)))
    for place in (package / _WITHIN_A_WHEEL / folder, package.parent / folder):
        # The README, since any folder may be called that beside a package.
        if (place / "README.md").is_file():
            return place
    raise MissingFilesError(
        f"This installation lacks the folder {folder} that comes along; install it again from a "
        "wheel, or run it from a checkout."
    )
