"""Kinds of values in what Prometheus and Alertmanager say. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

_UNITS = {"y": 31536000, "w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
_DURATION = re.compile(r"(?:\d+(?:ms|[ywdhms]))+|0")
_PART = re.compile(r"(\d+)(ms|[ywdhms])")


class Said(BaseModel):
    """A part of an answer; what isn't judged is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _seconds(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not _DURATION.fullmatch(value):
        raise ValueError("no duration such as 1m30s")
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(value))


Seconds = Annotated[float, BeforeValidator(_seconds)]
"""A duration, as a number of seconds or as text such as "1m30s"."""
