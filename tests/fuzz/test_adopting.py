"""Whatever peers say, what is held stays valid, gets no shorter, and keeps what may not go."""

from __future__ import annotations

from hypothesis.stateful import run_state_machine_as_test

from tests.fuzz.adopting import Adopting
from tests.support.drawn import drawn


def test_no_sequence_has_an_invalid_or_shorter_chain_adopted() -> None:
    run_state_machine_as_test(Adopting, settings=drawn(15, steps=25))
