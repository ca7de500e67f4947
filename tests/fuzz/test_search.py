"""A search among peers with spoiled answers ends in time, and finds the chain of an honest one."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chains.peer.encoding import encode
from tests.chains.peer.made import tip_of, whole
from tests.fuzz.searching import HELD, PATHS, THEIRS, Answers, search
from tests.fuzz.test_targets import torn
from tests.support.odd import spoiled

HEAD = {"length": len(THEIRS), "hash": tip_of(THEIRS), "at": None}
HASHES = {"hashes": [tip_of(THEIRS[:height]) for height in range(1, len(HELD) + 1)]}
LINES = b"\n".join(encode(block) for block in THEIRS[4:])

HONEST_OWN: Answers = {
    PATHS[0]: json.dumps(HEAD).encode(),
    PATHS[1]: json.dumps(HASHES).encode(),
    PATHS[2]: LINES,
}
HONEST_PLAIN: Answers = {PATHS[3]: whole(THEIRS)}


def odd_json(value: Any) -> st.SearchStrategy[bytes]:
    return spoiled(value).map(lambda odd: json.dumps(odd).encode())


def odd_lines() -> st.SearchStrategy[bytes]:
    blocks = spoiled(THEIRS[4:])
    return blocks.map(lambda odd: "\n".join(json.dumps(b, sort_keys=True) for b in odd).encode())


WHOLE = {"chain": THEIRS, "length": len(THEIRS)}
ODD_ANSWERS = st.fixed_dictionaries(
    {
        PATHS[0]: st.none() | odd_json(HEAD) | torn(json.dumps(HEAD).encode()),
        PATHS[1]: st.none() | odd_json(HASHES),
        PATHS[2]: st.none() | odd_lines() | torn(LINES),
        PATHS[3]: st.none() | odd_json(WHOLE) | torn(whole(THEIRS)),
    }
)


def test_honest_peers_of_either_kind_are_followed() -> None:
    for honest in (HONEST_OWN, HONEST_PLAIN):
        best = search(honest).best
        assert best is not None
        assert best.tip == tip_of(THEIRS)


@settings(max_examples=60, deadline=None)
@given(st.lists(ODD_ANSWERS, min_size=1, max_size=3))
def test_nothing_unproven_is_kept_whatever_peers_answer(answers: list[Answers]) -> None:
    search(*answers)


@settings(max_examples=40, deadline=None)
@given(st.lists(ODD_ANSWERS, max_size=2))
def test_odd_peers_keep_nobody_from_the_chain_of_an_honest_one(answers: list[Answers]) -> None:
    best = search(*answers, HONEST_PLAIN).best
    assert best is not None
    assert best.length >= len(THEIRS)
