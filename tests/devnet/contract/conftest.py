from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.witness_node import witness_program
from tests.support.witness_node.client import Connection, connected

from .retarget import Live
from .simulated import simulated_network
from .target import Target
from .witness_node import witness_network

DEVNET, WITNESS_NODE = "devnet", "witness_node"
TARGETS = [DEVNET, WITNESS_NODE] if witness_program() else [DEVNET]
"""Without a program of a real node only one test is skipped, to say so: test_real_node.py."""


@pytest.fixture(scope="session", params=TARGETS)
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    with network_of(request.param, tmp_path_factory) as network:
        yield network


@contextmanager
def network_of(kind: str, folders: pytest.TempPathFactory) -> Iterator[Target]:
    """Run a network of its own, one of `TARGETS`."""
    if kind == DEVNET:
        with simulated_network() as network:
            yield network
        return
    program = witness_program()
    assert program is not None
    with witness_network(program, folders.mktemp("witness_node")) as network:
        yield network


@pytest.fixture
def node(target: Target) -> Iterator[Connection]:
    """A fresh connection to the first node."""
    with connected(target.url) as connection:
        yield connection


@pytest.fixture
def other(target: Target) -> Iterator[Connection]:
    """A fresh connection to another node of the same network."""
    with connected(target.others[0]) as connection:
        yield connection


@pytest.fixture
def live(target: Target, node: Connection) -> Live:
    """The live chain's present state, for requests to be fitted to."""
    head = node.head()
    empty = next(
        number
        for number in range(head.number, 0, -1)
        if not node.call("database", "get_block", number)["transactions"]
    )
    return Live(head, empty, target.chain_id)
