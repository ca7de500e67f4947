"""Write the dashboards: `python -m grafana [--runbooks ADDRESS] [FOLDER]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from grafana.boards import BOARDS
from grafana.frame import written
from grafana.panels import RUNBOOKS

_FOLDER = Path(__file__).parent / "dashboards"


def main() -> None:
    """Write a file for each dashboard."""
    told = argparse.ArgumentParser(prog="python -m grafana", description=main.__doc__)
    told.add_argument("folder", nargs="?", type=Path, default=_FOLDER, help="where to")
    told.add_argument("--runbooks", default=RUNBOOKS, help="address of the folder docs/runbooks")
    asked = told.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    for board in BOARDS:
        text = written(board, asked.runbooks.rstrip("/"))
        (asked.folder / f"{board.name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
