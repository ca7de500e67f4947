"""A configuration of an earlier commit is valid, or the error names the key and what to do."""

from __future__ import annotations

import pytest

from tests.upgrade.kept import FIXTURES
from understudy.config import ConfigurationError, load

IN_THE_CLEAR = (
    "switcher.listen: is reached from beyond this machine, where tokens and orders would pass in "
    "the clear; give the switcher tls: {certificate_file: PATH, key_file: PATH}, or say "
    "behind_proxy: true if a proxy that speaks TLS stands in front of it"
)
NO_REPLICA = (
    "peers.database: is missing; beside a journal in PostgreSQL, say where the replica is kept, "
    "such as sqlite:///peers.db"
)
REFUSED = {
    "whole-1ceb9d7": IN_THE_CLEAR,
    "whole-c66eea3": IN_THE_CLEAR,
    "whole-e63205e": NO_REPLICA,
    "whole-8fa311a": NO_REPLICA,
    "whole-75e2435": "peers.allow: unknown key; earlier versions had it: leave it out, peers.nodes "
    "may be anywhere",
}
"""What is no longer valid: it was unsafe, lacks what can't be guessed, or means nothing."""

NAMES = sorted(path.stem for path in FIXTURES.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_configuration_of_then_is_valid_or_the_error_says_what_to_do(name: str) -> None:
    path = FIXTURES / f"{name}.yaml"
    if name not in REFUSED:
        told = load(path).needed_switcher()
        assert told.token_file.name == "tokens"
        return
    with pytest.raises(ConfigurationError) as refused:
        load(path)
    [line] = str(refused.value).splitlines()
    assert line.endswith(REFUSED[name])


def test_every_refusal_is_of_a_configuration_that_is_kept() -> None:
    assert set(REFUSED) < set(NAMES)
    assert len(NAMES) > len(REFUSED) + 5
