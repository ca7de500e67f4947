"""Changing the switcher's section of a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def change(config: Path, **values: Any) -> None:
    document = yaml.safe_load(config.read_text())
    document["switcher"] = {
        name: value
        for name, value in {**document["switcher"], **values}.items()
        if value is not None
    }
    config.write_text(yaml.safe_dump(document))
