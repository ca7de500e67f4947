"""Whether a host could sign, which is what makes a rotation away from it needless."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bench.faults import FAILURES, Fault, could_sign, strike
from devnet.launch import Devnet
from devnet.settings import DevnetSettings

HOST = "alpha"


@pytest.fixture
async def net() -> AsyncIterator[Devnet]:
    async with Devnet(DevnetSettings(prehistory=30, reconnect=0.1)) as running:
        yield running


async def comes_to_sign(net: Devnet) -> bool:
    async with asyncio.timeout(10):
        while not could_sign(net, HOST):
            await asyncio.sleep(0.05)
    return True


@pytest.mark.parametrize("fault", FAILURES)
async def test_a_host_that_failed_could_not_sign_until_it_is_healed(
    net: Devnet, fault: Fault
) -> None:
    assert await comes_to_sign(net)
    await strike(net, HOST, fault)
    await net.wait_blocks(2)
    assert not could_sign(net, HOST)
    await net.nodes[HOST].heal()
    assert await comes_to_sign(net)


async def test_a_host_that_only_answers_late_could_sign(net: Devnet) -> None:
    await strike(net, HOST, Fault.SLOW_ANSWERS, delay=5)
    await net.wait_blocks(2)
    assert await comes_to_sign(net)


async def test_a_host_that_hears_of_blocks_too_late_could_not_sign(net: Devnet) -> None:
    await strike(net, HOST, Fault.SLOW_MESSAGES, delay=2.5)
    await net.wait_blocks(2)
    assert not could_sign(net, HOST)
