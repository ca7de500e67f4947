"""Who stands where in the voters' favour: all witnesses of the chain by their votes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chains.bitshares.values import UINT32, WITNESS, instance, whole_number
from chains.errors import MalformedDataError

MOST_WITNESSES = 1000
"""A stock node's api_limit_lookup_witness_accounts; the main network has some 150 witnesses."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """All witnesses, as one node showed them after a count of votes.

    `counted` is when the votes are counted next (epoch seconds): until then nothing in it changes.
    `votes` holds (witness id, votes in the core token's smallest unit), the most first.
    """

    counted: int
    votes: Sequence[tuple[str, int]]
    _ranks: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ranks = {witness: rank for rank, (witness, _) in enumerate(self.votes, start=1)}
        object.__setattr__(self, "_ranks", ranks)

    def rank(self, witness: str) -> int | None:
        """Return a witness' place, 1 for the most votes; None for one that is not known."""
        return self._ranks.get(witness)

    def first_outside(self, active: Collection[str]) -> int | None:
        """Return the most votes of a witness that is not active, None where all are."""
        return next((votes for witness, votes in self.votes if witness not in active), None)


def parse_ids(reply: Any) -> list[str]:
    """Return the witness ids of an answer to `lookup_witness_accounts("", MOST_WITNESSES)`.

    Raises:
        MalformedDataError: that is no such answer.
    """
    try:
        ids = [witness for _name, witness in reply]
        for each in ids:
            instance(each, WITNESS)
    except (TypeError, ValueError, AttributeError) as error:
        raise MalformedDataError(f"no list of witnesses: {error!r:.80}") from error
    if not 1 <= len(ids) <= MOST_WITNESSES:
        raise MalformedDataError(f"{len(ids)} witnesses, instead of 1 to {MOST_WITNESSES}")
    return ids


def parse_ranking(ids: Sequence[str], reply: Any, counted: int) -> Ranking:
    """Return the ranking that an answer to `get_witnesses(ids)` makes.

    Of equal votes the elder vote id comes first (bitshares-core, `sort_votable_objects`).

    Raises:
        MalformedDataError: an object is missing, out of place or has the wrong form.
    """
    try:
        found = [_counted(witness, each) for witness, each in zip(ids, reply, strict=True)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedDataError(f"no witnesses with votes: {error!r:.80}") from error
    found.sort(key=lambda each: (-each[1], each[2]))
    return Ranking(counted, tuple((witness, votes) for witness, votes, _ in found))


def _counted(witness: str, found: Any) -> tuple[str, int, int]:
    if found["id"] != witness:
        raise MalformedDataError(f"the node's answer lacks witness {witness}")
    kind, _, number = found["vote_id"].partition(":")
    whole_number(kind)
    return witness, whole_number(found["total_votes"]), whole_number(number, UINT32)
