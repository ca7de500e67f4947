"""What tests of the switcher may ask for."""

from __future__ import annotations

import pytest

from tests.switcher.scripted import Script


@pytest.fixture
def script() -> Script:
    return Script()
