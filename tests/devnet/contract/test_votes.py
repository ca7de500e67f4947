"""All witnesses by their votes, as the exporter asks for them."""

from __future__ import annotations

import pytest

from chains.bitshares.ranking import MOST_WITNESSES, parse_ids, parse_ranking
from tests.support.witness_node.client import Connection, RefusedError


def test_every_witness_is_named_and_shows_its_votes(node: Connection) -> None:
    ids = parse_ids(node.call("database", "lookup_witness_accounts", "", MOST_WITNESSES))
    assert set(ids) >= {f"1.6.{number}" for number in range(1, 8)}
    ranking = parse_ranking(ids, node.call("database", "get_witnesses", ids), 0)
    assert sorted(witness for witness, _ in ranking.votes) == sorted(ids)
    # Nobody has voted on a fresh chain: the order is that of the vote ids.
    votes = {each["id"]: each["vote_id"] for each in node.call("database", "get_witnesses", ids)}
    ranks = sorted(ids, key=lambda each: ranking.rank(each) or 0)
    assert ranks == sorted(ids, key=lambda each: int(votes[each].partition(":")[2]))


def test_more_than_a_node_gives_at_a_time_is_refused(node: Connection) -> None:
    with pytest.raises(RefusedError):
        node.call("database", "lookup_witness_accounts", "", MOST_WITNESSES + 1)


def test_a_witness_that_is_none_has_no_votes(node: Connection) -> None:
    assert node.call("database", "get_witnesses", ["1.6.99999"]) == [None]
