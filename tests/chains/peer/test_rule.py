"""The two proof rules to the letter, with numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from chains.errors import InvalidBlockError
from chains.peer.blocks import Proof, Rule, hash_of, verify

FIRST = {"index": 1, "timestamp": 0, "transactions": [], "proof": 100, "previous_hash": 1}
FIRST_HASH = hash_of(
    b'{"index": 1, "previous_hash": 1, "proof": 100, "timestamp": 0, "transactions": []}'
)
PAYS = {"amount": 1, "recipient": "b", "sender": "a"}


def after_first(proof: int, transactions: list[Any], stamp: float) -> dict[str, Any]:
    return {
        "index": 2,
        "timestamp": stamp,
        "transactions": transactions,
        "proof": proof,
        "previous_hash": FIRST_HASH,
    }


@pytest.mark.parametrize(
    ("rule", "proof", "nearly"),
    [
        # sha256("10035293") begins with 0000, sha256("1006016") with 000 and another digit; the
        # first block's hash stands behind the two proofs by the other rule.
        pytest.param(Rule.PAIR, 35293, 6016, id="pair"),
        pytest.param(Rule.LINKED, 106440, 4105, id="linked"),
    ],
)
@pytest.mark.parametrize(("transactions", "stamp"), [([PAYS], 1.5), ([], 1)], ids=["usual", "odd"])
def test_a_proofs_digest_begins_with_four_zeros(
    rule: Rule, proof: int, nearly: int, transactions: list[Any], stamp: float
) -> None:
    for each, holds in ((proof, True), (nearly, False)):
        assert Proof(rule).holds(100, each, FIRST_HASH) is holds
        block = after_first(each, transactions, stamp)
        if holds:
            assert verify(None, [FIRST, block], Proof(rule))[1].proof == each
        else:
            with pytest.raises(InvalidBlockError, match="block 2: proof"):
                verify(None, [FIRST, block], Proof(rule))
