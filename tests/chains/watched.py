"""What a watch on a devnet says of one node, host or witness."""

from __future__ import annotations

from chains.bitshares.views import NodeView
from chains.bitshares.watch import Watch
from devnet.settings import DevnetSettings

HISTORY = DevnetSettings(prehistory=40)
INIT0 = "1.6.1"


def node(watch: Watch, name: str) -> NodeView:
    return next(view for view in watch.nodes if view.name == name)


def host(watch: Watch, name: str) -> NodeView:
    found = next(view.node for view in watch.producers if view.producer.name == name)
    assert found is not None
    return found


def head(watch: Watch) -> int:
    return watch.follower.head.number if watch.follower.head else 0
