"""Long keys in the switcher's sentences are told by the names of their hosts."""

from __future__ import annotations

import pytest

from chains.settings import ProducerSettings, WitnessSettings
from switcher.naming import with_names

WITNESS = WitnessSettings(
    "init0", (ProducerSettings("alpha", "BTSa"), ProducerSettings("beta", "BTSb"))
)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("ProducerDown accuses init0 with key BTSa", "ProducerDown accuses init0 with alpha's key"),
        ("from key BTSa to that of beta", "from alpha's key to that of beta"),
        ("BTSb is in force", "beta's key is in force"),
        ("key BTSother is in force", "key BTSother is in force"),
    ],
)
def test_key_of_a_host_is_told_by_its_name(sentence: str, told: str) -> None:
    assert with_names(sentence, WITNESS) == told
