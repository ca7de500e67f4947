"""One witness with three hosts, and all that its owner goes through; each test begins all well."""

from __future__ import annotations

import httpx
import pytest

from chains.bitshares.keys import null_key
from tests.end_to_end.theatre import PATIENCE, WITNESS, Theatre

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]


def next_of(theatre: Theatre, host: str) -> str:
    ring = theatre.net.settings.hosts
    return ring[(ring.index(host) + 1) % len(ring)]


async def test_the_dead_mans_switch_reaches_the_switcher(theatre: Theatre) -> None:
    await theatre.well()
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        ready = await client.get(f"{theatre.stack.switcher.url}/readyz")
    assert ready.status_code == httpx.codes.OK
    assert ready.json()["alert_path"] == "alerts come through"


async def test_a_forged_alert_against_a_healthy_witness_is_not_corroborated(
    theatre: Theatre,
) -> None:
    await theatre.well()
    before = await theatre.updates()
    host = await theatre.on_air()
    async with theatre.accused(theatre.net.signing_key(host)):
        await theatre.holds("not_corroborated")
        await theatre.chain.wait_blocks(3)
    assert await theatre.updates() == before
    assert await theatre.on_air() == host


async def test_a_host_that_is_killed_is_replaced_once_the_owner_lets_it(theatre: Theatre) -> None:
    await theatre.well()
    before = await theatre.updates()
    await theatre.order("disarm", WITNESS, "--why", "moving")
    async with theatre.dead() as host:
        await theatre.hears("disarmed", "decision")
        async with theatre.policy(dry_run=True):
            await theatre.order("arm", WITNESS, "--yes", "--why", "moved")
            await theatre.hears("dry_run")
            await theatre.chain.wait_blocks(3)
            assert await theatre.updates() == before
        await theatre.hears("on_air")
    done = [update.host for update in (await theatre.updates())[len(before) :]]
    assert done == [next_of(theatre, host)]


async def test_a_switcher_that_is_killed_with_its_transaction_out_sends_no_other(
    theatre: Theatre,
) -> None:
    await theatre.well()
    before = await theatre.updates()
    async with theatre.dead() as host:
        await theatre.hears("broadcast")
        await theatre.stack.switcher.kill()
        await theatre.stack.switcher.start()
        await theatre.hears("on_air")
        await theatre.chain.wait_blocks(5)
    done = [update.host for update in (await theatre.updates())[len(before) :]]
    assert done == [next_of(theatre, host)]


async def test_a_host_that_stands_still_is_replaced_and_signs_no_more(theatre: Theatre) -> None:
    await theatre.well()
    host = await theatre.on_air()
    await theatre.net.nodes[host].freeze()
    try:
        await theatre.hears("on_air")
    finally:
        await theatre.net.heal(host)
    successor = next_of(theatre, host)
    last = (await theatre.updates())[-1]
    assert last.host == successor
    await theatre.well()
    await theatre.chain.wait_blocks(10)
    assert set(theatre.chain.signers(after=last.block)) == {successor}


async def test_the_owner_hands_over_without_losing_a_block(theatre: Theatre) -> None:
    await theatre.well()
    host = next_of(theatre, await theatre.on_air())
    missed = await theatre.chain.missed()
    told = await theatre.order("rotate", WITNESS, "--to", host, "--yes")
    assert told["rotated"] is True
    assert await theatre.on_air() == host
    assert await theatre.chain.missed() == missed


async def test_a_drill_has_every_backup_sign_loses_no_block_and_leaves_who_was_on_air(
    theatre: Theatre,
) -> None:
    await theatre.well()
    host, since = await theatre.on_air(), theatre.chain.number
    missed = await theatre.chain.missed()
    told = await theatre.order("drill", WITNESS, "--yes")
    await theatre.signs(host)
    assert set(theatre.chain.signers(after=since)) == set(theatre.net.settings.hosts), told
    assert await theatre.chain.missed() == missed


async def test_the_first_host_returns_once_it_has_been_well(theatre: Theatre) -> None:
    await theatre.well()
    first, second, _ = theatre.net.settings.hosts
    if await theatre.on_air() == first:
        await theatre.order("rotate", WITNESS, "--to", second, "--yes")
    missed = await theatre.chain.missed()
    async with theatre.policy(return_after="5s"):
        await theatre.signs(first)
    assert await theatre.chain.missed() == missed


async def test_without_a_backup_nothing_is_done_until_one_is_back(theatre: Theatre) -> None:
    await theatre.well()
    host = await theatre.on_air()
    *others, backup = [name for name in theatre.net.settings.hosts if name != host]
    before = await theatre.updates()
    async with theatre.dead(*others, backup):
        await theatre.hears("no_backup_ready")
        await theatre.chain.wait_blocks(3)
        assert await theatre.updates() == before
        await theatre.net.heal(backup)
        await theatre.signs(backup)


async def test_the_null_key_of_an_owner_is_left_alone(theatre: Theatre) -> None:
    await theatre.well()
    host, null = await theatre.on_air(), null_key(theatre.net.settings.prefix)
    await theatre.sets(null)
    async with theatre.accused(null):
        await theatre.holds("stopped_by_owner")
        await theatre.chain.wait_blocks(5)
        assert (await theatre.updates())[-1].key == null
    await theatre.sets(theatre.net.signing_key(host))
    await theatre.signs(host)


@pytest.mark.timing
async def test_where_nobody_is_left_the_null_key_says_so_until_the_owner_is_back(
    theatre: Theatre,
) -> None:
    await theatre.well()
    hosts, null = theatre.net.settings.hosts, null_key(theatre.net.settings.prefix)
    async with theatre.policy(exhausted="null_key"):
        async with theatre.dead(*hosts):
            await theatre.hears("no_backup_ready")
            await theatre.chain.wait_for(lambda chain: chain.updates()[-1].key == null, PATIENCE)
        await theatre.chain.wait_blocks(5)
        assert (await theatre.updates())[-1].key == null
        await theatre.sets(theatre.net.signing_key(hosts[0]))
        await theatre.signs(hosts[0])
