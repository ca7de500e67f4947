"""The settings that stand in comments of the shipped files, ready to be switched on."""

from __future__ import annotations

import re

from .tools import FOLDER

SAMPLE = re.compile(r"^(\s*)# (\s*(?:- )?(?:[a-z_]+:( .*)?|\{.*\}|&[a-z]+|[a-z0-9.]+:[0-9]+))$")


def with_samples(name: str) -> str:
    """Return a configuration with its commented settings switched on."""
    lines = (FOLDER / name).read_text().splitlines()
    return "\n".join(SAMPLE.sub(r"\1\2", line) for line in lines) + "\n"
