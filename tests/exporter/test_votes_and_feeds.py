"""What the figures say of votes and price feeds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.bitshares.ranking import Ranking
from tests.support.chain import ForgedChain

from .samples import samples
from .seen import INIT0, SETTINGS, seen_at

FEED, NEWEST, MOST = (
    f"bitshares_price_feed_{name}_seconds" for name in ("timestamp", "newest_timestamp", "max_age")
)


@pytest.fixture
def chain() -> ForgedChain:
    chain = ForgedChain()
    chain.run(35)
    return chain


def test_a_price_is_told_with_the_newest_of_others_and_how_old_it_may_be(
    chain: ForgedChain,
) -> None:
    seen, now = seen_at(chain), chain.time
    assert samples(seen, now, FEED) == {("init0", "USD"): now - 900}
    assert samples(seen, now, NEWEST) == {("CNY",): now - 60, ("USD",): now - 120}
    # CNY's never was published by init0; that can be told apart from a feed that isn't configured.
    assert samples(seen, now, MOST) == {("init0", "CNY"): 86_400, ("init0", "USD"): 3_600}
    init0, init1 = SETTINGS.witnesses
    seen.settings = replace(SETTINGS, witnesses=(replace(init0, feed_max_age=7_200), init1))
    assert set(samples(seen, now, MOST).values()) == {7_200}


def test_prices_are_not_told_once_no_node_shows_them(chain: ForgedChain) -> None:
    seen = seen_at(chain)
    seen.lose("eu", "us", "home")
    for name in (FEED, NEWEST, MOST):
        assert samples(seen, chain.time + 1, name) == {}


def test_the_rank_and_who_stands_outside_are_told_while_a_node_is_there(chain: ForgedChain) -> None:
    seen, now = seen_at(chain), chain.time + 1
    ranking = Ranking(0, (("1.6.9", 900_000), ("1.6.2", 800_000), ("1.6.1", 700_000)))

    def told(name: str) -> dict[tuple[str, ...], float]:
        return samples(seen, now, f"bitshares_{name}", ranking)

    assert told("witness_rank") == {("init0",): 3, ("init1",): 2}
    assert told("chain_standby_votes") == {(): 9}
    seen.lose("eu", "us", "home")
    assert told("witness_rank") == told("chain_standby_votes") == {}


def test_nobody_stands_outside_where_all_witnesses_are_active(chain: ForgedChain) -> None:
    seen = seen_at(chain)
    ranking = Ranking(0, ((INIT0, 9),))
    assert samples(seen, chain.time, "bitshares_chain_standby_votes", ranking) == {}
    assert samples(seen, chain.time, "bitshares_witness_rank") == {}
