"""The chain state follows what real nodes recorded, block for block."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chains.bitshares.blocks import parse_block
from chains.bitshares.schedule import shuffle
from chains.bitshares.transactions import parse_time
from chains.errors import InvalidBlockError
from devnet.blocks import SignedBlock, sign_block
from devnet.keys import signing_key
from devnet.ledger import Ledger
from devnet.objects import object_json
from devnet.operations import read_transaction
from devnet.settings import DevnetSettings
from devnet.state import ChainState, initial_state
from devnet.transition import apply_block

from .recorded import FIXTURES, Json, RecordedGenesis, by_id, frames, key_of, state_of

RECORDED = json.loads((FIXTURES / "blocks.json").read_text())
SETTINGS = DevnetSettings(maintenance_interval=120, maintenance_skip_slots=0)


def _recorded_blocks() -> list[SignedBlock]:
    chain_id = RecordedGenesis.chain_id
    return [
        SignedBlock(
            parse_block(each["block"]),
            each["block"],
            tuple(
                read_transaction(item, "BTS", chain_id) for item in each["block"]["transactions"]
            ),
        )
        for each in RECORDED["blocks"]
    ]


def _state_before_the_first() -> ChainState:
    before = RECORDED["rounds"][0]
    origin = initial_state(RecordedGenesis(SETTINGS, time=0))
    in_force: dict[str, str] = {}
    for each in RECORDED["blocks"]:
        in_force.setdefault(each["block"]["witness"], each["signing_key_in_force"])
    return replace(
        origin,
        number=before["head_block_number"],
        id=RECORDED["previous_of_first"],
        time=parse_time(before["head_block_time"]),
        aslot=before["current_aslot"],
        shuffled=tuple(before["current_shuffled_witnesses"]),
        next_maintenance=parse_time("2026-11-21T08:28:00"),
        witnesses={
            key: replace(witness, signing_key=in_force[key])
            for key, witness in origin.witnesses.items()
        },
    )


def test_every_recorded_block_is_accepted_with_its_slots_misses_and_rounds() -> None:
    ledger = Ledger(RecordedGenesis(SETTINGS, time=0), _state_before_the_first())
    rounds = {each["head_block_number"]: each for each in RECORDED["rounds"][1:]}
    missed = 0
    for block, recorded in zip(_recorded_blocks(), RECORDED["blocks"], strict=True):
        state = ledger.add(block)
        missed += recorded["missed_slots_before"]
        assert state.id == recorded["block_id"]
        assert state.aslot == recorded["current_aslot"]
        assert sum(witness.total_missed for witness in state.witnesses.values()) == missed
        if state.number in rounds:
            expected = rounds[state.number]["current_shuffled_witnesses"]
            assert list(state.shuffled) == expected
    assert state.number == RECORDED["last"]
    assert missed > 0


def test_a_key_change_counts_from_the_next_block_on() -> None:
    ledger = Ledger(RecordedGenesis(SETTINGS, time=0), _state_before_the_first())
    keys = {}
    for block in _recorded_blocks():
        keys[block.number] = ledger.add(block).witnesses["1.6.1"].signing_key
    changes = [number for number in keys if number - 1 in keys and keys[number] != keys[number - 1]]
    assert changes == [1218, 1268, 1320]


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("previous", "00000405" + "11" * 16, "not_linked"),
        ("timestamp", "2026-11-21T08:26:04", "not_a_slot"),
        ("witness", "1.6.3", "not_scheduled"),
        ("transaction_merkle_root", "11" * 20, "wrong_merkle_root"),
        ("witness_signature", RECORDED["blocks"][1]["block"]["witness_signature"], "wrong_key"),
        ("witness_signature", "1f" + "ff" * 64, "bad_signature"),
    ],
)
def test_a_forged_block_is_refused(member: str, value: str, reason: str) -> None:
    forged: Json = RECORDED["blocks"][0]["block"] | {member: value}
    block = SignedBlock(parse_block(forged), forged, ())
    with pytest.raises(InvalidBlockError) as refused:
        apply_block(_state_before_the_first(), block, lambda _: "00" * 20)
    assert refused.value.reason == reason


def _snapshots(name: str) -> list[dict[str, Json]]:
    """Return what each answer or notice with a new head showed, by object id."""
    seen = []
    for frame in frames(name):
        objects = frame.get("result")
        if frame.get("method") == "notice":
            objects = frame["params"][1][0]
        if isinstance(objects, list) and {"2.1.0"} <= set(found := by_id(objects)):
            seen.append(found)
    return seen


def _follow(state: ChainState, snapshots: list[dict[str, Json]]) -> int:
    """Make a block of ours at the time of each recorded one, and compare every object."""
    compared = 0
    for snapshot in snapshots:
        head = snapshot["2.1.0"]
        if head["head_block_number"] != state.number + 1:
            continue
        key = key_of(state, head["current_witness"])
        time = parse_time(head["time"])
        block = sign_block(state.id, time, head["current_witness"], [], key, "BTS")
        state = apply_block(state, block, lambda _: "00" * 20)
        for object_id, recorded in snapshot.items():
            ours = object_json(state, object_id)
            assert ours is not None
            if object_id == "2.1.0":
                ours["head_block_id"] = recorded["head_block_id"]
            if "pay_vb" in recorded and "pay_vb" in ours:
                ours["pay_vb"] = recorded["pay_vb"]
            assert ours == recorded
            compared += 1
    return compared


def test_maintenance_with_skipped_slots_goes_as_recorded() -> None:
    first, *rest = _snapshots("state/maintenance-skip-slots.jsonl")
    settings = DevnetSettings(maintenance_interval=24, maintenance_skip_slots=3)
    assert _follow(state_of(settings, first), rest) > 100


def test_a_stall_of_a_whole_round_charges_nobody_as_recorded() -> None:
    snapshots = _snapshots("state/lag-whole-net-stall.jsonl")
    before, after = (
        next(each for each in snapshots if each["2.1.0"]["head_block_number"] == number)
        for number in (126, 128)
    )
    settings = DevnetSettings(maintenance_interval=24, maintenance_skip_slots=3)
    state = state_of(settings, before)
    state = replace(state, shuffled=shuffle(state.witnesses, state.time))  # 126 ends a round
    owner = state.scheduled(1)
    block = sign_block(state.id, state.slot_time(1), owner, [], key_of(state, owner), "BTS")
    state = apply_block(state, block, lambda _: "00" * 20)
    assert after["2.1.0"]["current_aslot"] - state.aslot == 21
    assert _follow(state, [after]) == len(after) == 8


def test_one_witness_of_seven_alone_goes_on_as_recorded() -> None:
    snapshots = _snapshots("state/lag-majority-stopped.jsonl")
    stopped = next(n for n, s in enumerate(snapshots) if s["2.1.0"]["head_block_number"] == 2238)
    last, *later = snapshots[stopped:]
    alone = [each for each in later if each["2.1.0"]["current_witness"] == "1.6.1"]
    state = state_of(SETTINGS, last)
    # The round began with block 2233, five slots before, all of which were filled.
    state = replace(state, shuffled=shuffle(state.witnesses, state.time - 5))
    assert _follow(state, alone) > 70
    rose = [each["1.6.2"]["total_missed"] for each in (last, alone[-1])]
    assert rose[1] > rose[0]


def test_a_null_key_is_scheduled_and_charged_across_a_maintenance_as_recorded() -> None:
    ledger = Ledger(RecordedGenesis(SETTINGS, time=0), _state_before_the_first())
    snapshots = [each for each in _snapshots("state/null-key.jsonl") if "2.12.0" in each]
    shown = {each["2.1.0"]["head_block_number"]: each for each in snapshots}
    told, ours = [], []
    for block in _recorded_blocks():
        state = ledger.add(block)
        if state.number in shown:
            recorded, witness = shown[state.number], state.witnesses["1.6.1"]
            assert state.maintenance == bool(recorded["2.1.0"]["dynamic_flags"])
            assert list(state.shuffled) == recorded["2.12.0"]["current_shuffled_witnesses"]
            assert witness.signing_key == recorded["1.6.1"]["signing_key"]
            assert witness.last_confirmed == recorded["1.6.1"]["last_confirmed_block_num"]
            told.append(recorded["1.6.1"]["total_missed"])
            ours.append(witness.total_missed)
    assert [each - ours[0] for each in ours] == [each - told[0] for each in told]
    assert ours[-1] - ours[0] == 8
    assert any(each["2.1.0"]["dynamic_flags"] for each in shown.values())


def test_the_words_of_the_recorded_keys_are_ours() -> None:
    recorded = {each["signing_key_in_force"] for each in RECORDED["blocks"]}
    ours = {signing_key(f"init{i}").text("BTS") for i in range(1, 7)}
    assert ours < recorded
