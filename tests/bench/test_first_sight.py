"""From a clone to a failover: its moments are read from what is printed, by nobody known here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from bench.first_sight import environment_of, moments
from understudy.errors import StackError

PRINTED = (
    "setup: .venv",
    "setup: Prometheus and Alertmanager",
    "12:00:01  kill      alpha is killed; nobody touches anything from here on",
    "12:00:05  miss      init0 missed its slot",
    "12:00:09  sent      by 1 of 3 nodes",
    "12:00:12  signs     block 90 for init0: beta",
    "12:00:30  kill      beta is killed; nobody touches anything from here on",
    "12:01:00  signs     block 140 for init0: gamma",
)


async def printed(lines: tuple[str, ...]) -> AsyncIterator[str]:
    for line in lines:
        yield line


async def test_each_moment_is_that_of_the_first_act() -> None:
    clock = count(1)
    found = await moments(printed(PRINTED), lambda: float(next(clock)))
    assert found == {
        "tools_seconds": 1.0,
        "killed_seconds": 2.0,
        "sent_seconds": 3.0,
        "failover_seen_seconds": 4.0,
        "seconds": 5.0,
    }


async def test_demonstration_without_a_failover_is_no_figure() -> None:
    with pytest.raises(StackError, match="ended without: sent, failover_seen"):
        await moments(printed(PRINTED[:3]), lambda: 0.0)


def test_whoever_tries_it_finds_nothing_of_ours() -> None:
    path = "/some/project/.venv/bin:/some/project/.tools/bin:/usr/bin"
    given = {"PATH": path, "HOME": "/root", "PYTHONPATH": "/some", "LANG": "C"}
    told = environment_of(given, Path("/empty"))
    assert told == {"PATH": "/usr/bin", "HOME": "/empty", "LANG": "C", "PYTHONUNBUFFERED": "1"}
