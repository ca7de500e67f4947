"""What counts as too slow while parsers are fed."""

from __future__ import annotations

import time

import pytest

from tests.fuzz.target import TooSlowError, in_time


def test_an_input_that_takes_a_processor_for_too_long_is_a_finding() -> None:
    def turn(_: bytes) -> None:
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass

    with pytest.raises(TooSlowError):
        in_time(turn, b"", 0.01)
    in_time(turn, b"", 10)


def test_an_input_that_waits_while_others_have_the_processor_is_none() -> None:
    in_time(lambda _: time.sleep(0.1), b"", 0.05)
