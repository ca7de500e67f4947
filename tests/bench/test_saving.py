from __future__ import annotations

import pytest

from bench.saving import PATIENCE, first_saved_slot
from switcher.moment import LEAST_LEAD


def test_the_update_is_with_the_producer_of_the_slot_before() -> None:
    assert PATIENCE + LEAST_LEAD < 15
    assert first_saved_slot(30, 3) == 48


@pytest.mark.parametrize(("decided", "slot"), [(40, 48), (43, 48), (45, 51)])
def test_a_decision_that_comes_later_saves_a_later_slot(decided: float, slot: float) -> None:
    assert first_saved_slot(30, 3, decided) == slot
