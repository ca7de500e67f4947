"""A node without an access file: what it opens to everybody, and what it denies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.witness_node import witness_program
from tests.support.witness_node.client import connected
from tests.support.witness_node.process import started, url
from understudy.stack import free_ports

from .conftest import DEVNET, TARGETS
from .inventory import unsupported
from .recordings import Exchange, exchanges
from .shape import reply_differences
from .simulated import DEFAULT_SETTINGS, simulated_network
from .witness_node import lone_node


def _sessions() -> dict[str, list[Exchange]]:
    sessions: dict[str, list[Exchange]] = {}
    for exchange in exchanges("errors-default-api-access.jsonl"):
        sessions.setdefault(exchange.connection, []).append(exchange)
    return sessions


@pytest.fixture(scope="module", params=TARGETS)
def stock_node(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, bool]]:
    """The address of a node that opens what it opens by itself, and whether it is simulated."""
    if request.param == DEVNET:
        with simulated_network(DEFAULT_SETTINGS) as network:
            yield network.url, True
        return
    program = witness_program()
    assert program is not None
    plan = lone_node(program, tmp_path_factory.mktemp("stock"), *free_ports(2))
    with started(plan):
        yield url(plan.rpc_port), False


@pytest.mark.parametrize("session", _sessions().values(), ids=_sessions().keys())
def test_a_session_with_the_default_access_goes_as_recorded(
    stock_node: tuple[str, bool], session: list[Exchange]
) -> None:
    address, simulated = stock_node
    with connected(address) as node:
        for exchange in session:
            if simulated and exchange.method in unsupported() and not exchange.denied:
                continue
            reply = node.exchange(exchange.request)
            assert reply_differences(exchange.reply, reply) == [], exchange.name
            if isinstance(exchange.reply.get("result"), int):
                assert reply["result"] == exchange.reply["result"], exchange.name
