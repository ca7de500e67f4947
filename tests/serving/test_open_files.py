"""Who watches many nodes may open as many files as that takes."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import resource, sys
soft, hard, outgoing = (int(word) for word in sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from serving.open_files import allow_connections
said = allow_connections(outgoing)
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
print(said)
"""


def limited(soft: int, hard: int, outgoing: int) -> tuple[int, str]:
    """Return the limit after it was raised, if it was, and what is said about it."""
    words = (sys.executable, "-c", _PROGRAM, str(soft), str(hard), str(outgoing))
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    limit, _, said = told.partition("\n")
    return int(limit), said.strip()


def test_a_usual_limit_is_raised_as_far_as_it_takes() -> None:
    limit, said = limited(256, 4096, 3100)
    assert 3100 < limit < 4096
    assert said == ""


def test_a_limit_that_is_enough_is_left_alone() -> None:
    assert limited(4000, 4096, 30) == (4000, "")


@pytest.mark.parametrize("soft", [256, 1024])
def test_where_it_may_not_be_raised_enough_that_is_said_with_the_remedy(soft: int) -> None:
    limit, said = limited(soft, 1024, 3100)
    assert limit == 1024
    assert "the hard limit is 1024; raise it: LimitNOFILE=" in said
