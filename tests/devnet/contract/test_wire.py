"""How a node speaks: api numbers, names, echoes, and frames that are no request at all."""

from __future__ import annotations

import json

import pytest
from websockets.exceptions import ConnectionClosedError

from tests.support.witness_node.client import DEADLINE, Connection

from .recordings import Exchange, exchanges
from .shape import reply_differences
from .target import Target

WELL_FORMED = {"id": 9, "method": "call", "params": ["database", "get_chain_id", []]}
TOO_LARGE = 32_000_001
NUMBERED_FROM = 2


def _odd_frames() -> list[Exchange]:
    return [
        exchange
        for exchange in (*exchanges("errors.jsonl"), *exchanges("client-calls.jsonl"))
        if exchange.method is None and exchange.reply is not None
    ]


@pytest.mark.parametrize("exchange", _odd_frames(), ids=lambda exchange: exchange.note)
def test_a_frame_that_is_no_call_gets_the_recorded_answer(
    node: Connection, exchange: Exchange
) -> None:
    node.socket.send(json.dumps(exchange.request) if exchange.raw is None else exchange.raw)
    reply = node.reply()
    assert reply.get("id") == exchange.reply["id"]
    assert reply_differences(exchange.reply, reply) == []


def test_what_comes_without_an_id_gets_no_answer_not_even_for_an_error(node: Connection) -> None:
    node.send({"method": "call", "params": ["database", "get_chain_id", []]})
    node.send({"method": "call", "params": ["database", "nope", []]})
    assert node.exchange(WELL_FORMED)["id"] == WELL_FORMED["id"]


def test_an_undecodable_binary_frame_gets_no_answer(node: Connection) -> None:
    node.socket.send(b"\x00\xff\x80")
    assert node.exchange(WELL_FORMED)["id"] == WELL_FORMED["id"]


def test_a_binary_frame_is_read_as_text(target: Target, node: Connection) -> None:
    node.socket.send(json.dumps(WELL_FORMED).encode())
    assert node.reply() == {"id": 9, "result": target.chain_id}


def test_a_frame_of_a_mebibyte_passes(target: Target, node: Connection) -> None:
    node.send(WELL_FORMED | {"padding": "x" * 2**20})
    assert node.reply() == {"id": 9, "result": target.chain_id}


def test_deep_nesting_is_refused_and_the_connection_lives_on(
    target: Target, node: Connection
) -> None:
    node.socket.send("[" * 2000 + "]" * 2000)
    reply = node.reply()
    assert (reply["id"], reply["error"]["code"]) == (None, -32700)
    assert reply["error"]["message"] == "Invalid JSON message"
    assert node.call("database", "get_chain_id") == target.chain_id


def test_text_that_is_not_utf_8_closes_with_1007(node: Connection) -> None:
    node.socket.send(b"\xff\xfe{}", text=True)
    with pytest.raises(ConnectionClosedError) as closed:
        node.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007


def test_a_message_over_the_limit_closes_with_1009(node: Connection) -> None:
    header = bytes([0x81, 0x80 | 127]) + TOO_LARGE.to_bytes(8, "big") + bytes(4)
    node.socket.socket.sendall(header)
    with pytest.raises(ConnectionClosedError) as closed:
        node.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_jsonrpc_and_a_text_id_are_echoed_only_if_sent(target: Target, node: Connection) -> None:
    assert node.exchange(WELL_FORMED | {"jsonrpc": "2.0"}) == {
        "id": 9,
        "jsonrpc": "2.0",
        "result": target.chain_id,
    }
    assert node.exchange(WELL_FORMED | {"id": "abc"}) == {"id": "abc", "result": target.chain_id}


def test_a_ping_is_answered(node: Connection) -> None:
    assert node.socket.ping().wait(DEADLINE)


def test_database_is_api_0_and_login_api_1_without_asking(target: Target, node: Connection) -> None:
    assert node.call(0, "get_chain_id") == target.chain_id
    assert node.call(1, "login", "", "") is True
    assert node.call(1, "database") == 0


def test_further_apis_are_numbered_from_2_in_the_order_of_asking(
    target: Target, node: Connection
) -> None:
    unknown_number = exchanges("connect.jsonl")[-2]
    request = {"id": 2, "method": "call", "params": [NUMBERED_FROM, "get_chain_id", []]}
    assert reply_differences(unknown_number.reply, node.exchange(request)) == []
    assert node.call(1, "history") == NUMBERED_FROM
    assert node.call(1, "network_broadcast") == NUMBERED_FROM + 1
    assert node.call(1, "network_broadcast") == NUMBERED_FROM + 1


def test_an_api_number_knows_only_its_own_methods(node: Connection) -> None:
    recorded = next(
        e for e in exchanges("connect.jsonl") if e.request["params"][:2] == [2, "get_chain_id"]
    )
    assert node.call(1, "network_broadcast") == NUMBERED_FROM
    assert reply_differences(recorded.reply, node.exchange(recorded.request)) == []


def test_after_logout_names_are_denied_and_number_0_goes_on(
    target: Target, node: Connection
) -> None:
    recorded = next(e for e in exchanges("connect.jsonl") if e.denied and e.line > 60)
    assert node.call(1, "login", "nobody", "x") is True
    assert node.call(1, "logout") is False
    assert reply_differences(recorded.reply, node.exchange(recorded.request)) == []
    assert node.call(0, "get_chain_id") == target.chain_id
