"""The measurement of verified headers: what it counts is really verified."""

from __future__ import annotations

import json
import pickle

import pytest

from bench.headers.forge import BEGIN, Record, forge
from bench.headers.verify import Run
from chains.errors import InvalidBlockError

BLOCKS = 700


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    file = tmp_path_factory.mktemp("headers") / "chain.pickle"
    forge(file, BLOCKS)
    with file.open("rb") as stream:
        return [pickle.load(stream) for _ in range(BLOCKS)]


def test_every_block_is_counted_with_its_misses_and_changed_keys(records: list[Record]) -> None:
    run = Run(records[:BEGIN])
    run.take(records[BEGIN:])
    figures = run.figures()
    assert figures["headers"] == BLOCKS - BEGIN
    assert figures["keys_changed"] == 3
    assert figures["slots_missed"] > 0
    assert figures["headers_per_second"] < figures["bare_recoveries_per_second"]


def test_a_chain_with_one_forged_signature_is_not_counted(records: list[Record]) -> None:
    run = Run(records[:BEGIN])
    text, reading = records[BEGIN]
    other = json.loads(records[BEGIN + 1][0])["witness_signature"]
    forged = json.dumps({**json.loads(text), "witness_signature": other})
    with pytest.raises(InvalidBlockError, match="signed by"):
        run.take([(forged, reading)])
