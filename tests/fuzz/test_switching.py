"""No sequence of alerts, restarts and states of the chain leads to a rotation that must not be."""

from __future__ import annotations

from hypothesis.stateful import run_state_machine_as_test

from tests.fuzz.switching import Switching
from tests.support.drawn import drawn


def test_nothing_that_happens_leads_to_a_rotation_that_must_not_be() -> None:
    run_state_machine_as_test(Switching, settings=drawn(8, steps=30))
