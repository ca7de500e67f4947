"""The configurations that a stack writes for its exporters and switchers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from peernode.settings import ReplicaSettings
from understudy.config import load
from understudy.stack import Replicas, StackSettings, document_of
from understudy.stack.addresses import Addresses
from understudy.stack.document import Written, reachable, write_documents

FIXTURES = Path(__file__).parent.parent / "fixtures" / "config" / "good"
PEERS = {"nodes": [{"name": "p1", "url": "http://127.0.0.1:5001"}]}


def a_document(**peers: Any) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FIXTURES / "minimal.yaml").read_text())
    return {"bitshares": document["bitshares"], "peers": {**PEERS, **peers}}


def written(folder: Path, document: dict[str, Any], switchers: int = 1) -> list[Written]:
    settings = StackSettings(document, replicas=Replicas(switcher=switchers))
    return write_documents(document, "worthless", folder, Addresses.chosen(settings))


def replica(one: Written) -> ReplicaSettings:
    found = load(one.configuration).replica
    assert found
    return found


def test_the_replica_has_a_place_of_its_own_in_a_stack(tmp_path: Path) -> None:
    (one,) = written(tmp_path, a_document())
    made = replica(one)
    assert made.database == f"sqlite:///{tmp_path / 'understudy-peers.db'}"
    assert made.advertise == f"http://127.0.0.1:{made.port}" == f"http://{one.replica}"
    assert made.port not in (5000, 9877, 9878)


def test_each_of_several_switchers_has_a_replica_of_its_own(tmp_path: Path) -> None:
    given = {
        "listen": "127.0.0.1:5900",
        "advertise": "http://watcher.example.org:5900",
        "database": "sqlite:///given.db",
    }
    made = [replica(one) for one in written(tmp_path, a_document(**given), switchers=3)]
    assert made[0].advertise == given["advertise"]
    assert made[0].database.endswith("/given.db")
    assert [each.advertise for each in made[1:]] == [f"http://127.0.0.1:{n.port}" for n in made[1:]]
    assert len({each.port for each in made}) == len({each.database for each in made}) == 3


def test_the_addresses_are_those_that_were_written(tmp_path: Path) -> None:
    document = a_document(listen="0.0.0.0:5900", advertise="http://watcher.example.org:5900")
    free = Addresses.chosen(StackSettings(document))
    found = reachable(free, write_documents(document, "worthless", tmp_path, free))
    assert found.replica == ("127.0.0.1:5900",)


def test_without_peers_there_is_no_replica(tmp_path: Path) -> None:
    document = a_document()
    del document["peers"]
    (one,) = written(tmp_path, document)
    assert (one.replica, load(one.configuration).replica) == (None, None)


@pytest.mark.parametrize("name", ["minimal", "whole"])
def test_ones_own_replica_stays_where_it_is(tmp_path: Path, name: str) -> None:
    path = tmp_path / "understudy.yaml"
    path.write_text((FIXTURES / f"{name}.yaml").read_text())
    if name == "minimal":
        path.write_text(path.read_text() + yaml.safe_dump({"peers": PEERS}))
    before = load(path)
    again = tmp_path / "elsewhere" / "understudy.yaml"
    again.parent.mkdir()
    again.write_text(yaml.safe_dump(document_of(path)))
    assert load(again).replica == before.replica
