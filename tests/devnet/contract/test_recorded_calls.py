"""Each recorded call, made again: the reply has the recorded form."""

from __future__ import annotations

import pytest

from tests.support.witness_node.client import Connection

from .inventory import replayable, skip_unsupported
from .recordings import Exchange
from .retarget import Live
from .shape import reply_differences
from .target import Target


@pytest.mark.parametrize("exchange", replayable(), ids=lambda exchange: exchange.name)
def test_a_recorded_call_is_answered_in_the_recorded_form(
    target: Target, node: Connection, live: Live, exchange: Exchange
) -> None:
    skip_unsupported(target, str(exchange.method))
    reply = node.exchange(live.request(exchange))
    assert reply["id"] == exchange.reply["id"]
    assert reply_differences(exchange.reply, reply) == []
