"""The same endpoint by HTTP: each recorded request, made again."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.witness_node.client import DEADLINE, ask

from .recordings import http_exchanges
from .shape import reply_differences
from .target import Target


def _name(event: Any) -> str:
    request = event["request"]
    return f"{request['method']} {request['path']} {(request['body'] or '')[:60]}"


@pytest.mark.parametrize("event", http_exchanges(), ids=_name)
def test_an_http_request_is_answered_in_the_recorded_form(target: Target, event: Any) -> None:
    request, recorded = event["request"], event["response"]
    reply = ask(target.url, request["method"], request["path"], request["headers"], request["body"])
    assert (reply.status, reply.reason) == (recorded["status"], recorded["reason"])
    assert bool(reply.body) == bool(recorded["body"])
    if recorded["body"]:
        assert int(reply.headers["Content-Length"]) == len(reply.body)
        live, old = json.loads(reply.body), json.loads(recorded["body"])
        assert live["id"] == old["id"]
        assert reply_differences(old, live) == []


def test_every_call_by_http_is_a_connection_of_its_own(target: Target) -> None:
    headers = {"Content-Type": "application/json"}
    named = {"id": 1, "method": "call", "params": [1, "network_broadcast", []]}
    by_number = {"id": 2, "method": "call", "params": [2, "broadcast_transaction", []]}
    first = ask(target.url, "POST", "/rpc", headers, json.dumps(named))
    second = ask(target.url, "POST", "/rpc", headers, json.dumps(by_number))
    assert json.loads(first.body)["result"] == 2
    assert "_local_apis.size() > api_id" in json.loads(second.body)["error"]["message"]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_connection_by_http_ends_with_the_answer_though_it_was_asked_to_stay(
    target: Target, version: str
) -> None:
    body = json.dumps({"id": 1, "method": "call", "params": ["database", "get_chain_id", []]})
    asked = (
        f"POST /rpc HTTP/{version}",
        "Host: node",
        "Connection: keep-alive",
        f"Content-Length: {len(body)}",
    )
    parts = urlsplit(target.url)
    with socket.create_connection((parts.hostname, parts.port), DEADLINE) as connection:
        connection.sendall("\r\n".join([*asked, "", body]).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["result"] == target.chain_id
