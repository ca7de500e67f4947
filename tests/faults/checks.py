"""What holds at the end of every scenario, whatever happened before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.acknowledged import lost
from bench.books import Books, Pages
from bench.relay import Ledger
from chains.bitshares.transactions import WITNESS_UPDATE
from devnet.blocks import SignedBlock
from devnet.hosts import ring_keys
from devnet.launch import Devnet

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Update:
    """A `witness_update` in a block of the longest chain: which block, and whose key it set."""

    block: int
    block_id: str
    key: str
    host: str | None


def updates(net: Devnet, account: str = "init0") -> list[Update]:
    """Return every update of a witness that the chain holds, oldest first."""
    hosts = {key.text(net.settings.prefix): host for host, key in ring_keys(net.settings).items()}
    return [
        Update(block.number, block.id, key, hosts.get(key))
        for block in _chain(net)
        for transaction in block.transactions
        for kind, body in transaction.operations
        if kind == WITNESS_UPDATE and body["witness"] == witness_id(net, account)
        for key in [body["new_signing_key"]]
    ]


def on_air(net: Devnet, account: str = "init0") -> str | None:
    """Return the host whose key is in force and has signed a block of its present term."""
    done = updates(net, account)
    since, host = (done[-1].block, done[-1].host) if done else (0, _first_host(net, account))
    identity = witness_id(net, account)
    signed = any(b.number > since and b.header.witness == identity for b in _chain(net))
    return host if signed else None


def witness_id(net: Devnet, account: str) -> str:
    """Return the object id of a witness account."""
    return f"1.6.{net.settings.accounts().index(account) + 1}"


async def part(net: Devnet, *names: str, account: str = "init0") -> None:
    """Cut hosts off from the others, and wait until their part misses half of the other witnesses.

    Until then nothing tells it from a whole chain where a host died, which is replaced.
    """
    before, identity = net.state.witnesses, witness_id(net, account)
    net.faults.partition([names])
    seen = net.nodes[names[0]].chain

    def missed() -> set[str]:
        now = seen.state.witnesses
        return {each for each in now if now[each].total_missed > before[each].total_missed}

    await net.wait_for(lambda _: 2 * len(missed() - {identity}) >= len(before) - 1)


async def settled(
    net: Devnet,
    books: Books,
    ledgers: Iterable[Ledger],
    *,
    rotated_to: Iterable[str | None] = ("beta",),
    account: str = "init0",
    timeout: float = PATIENCE,
) -> Pages:
    """Wait until nothing is open and a host is on air; then check all that must hold.

    The chain has exactly these updates, the last one's host is healthy and signs, and no alert
    that was answered with 202 is missing in the journal. In `rotated_to`, None is a key of nobody.
    """
    expected = list(rotated_to)
    last = expected[-1] if expected else _first_host(net, account)
    pages = await books.until(
        lambda pages: not pages.open and on_air(net, account) == last, timeout
    )
    assert [update.host for update in updates(net, account)] == expected
    assert last is not None
    assert is_healthy(net, last)
    for ledger in ledgers:
        missing = await lost(ledger, books)
        assert not missing, "\n".join(missing)
    return pages


def is_healthy(net: Devnet, host: str) -> bool:
    """Tell whether a host runs, has its peers, and is where the chain is."""
    ails = net.faults.describe(host)
    runs = not (ails["killed"] or ails["frozen"] or ails["group"])
    return runs and net.nodes[host].chain.state.number >= net.state.number - 1


def _chain(net: Devnet) -> Iterator[SignedBlock]:
    """Yield the blocks of the longest chain, oldest first."""
    numbers, head = net.state.number, net.state.id
    for number in range(1, numbers + 1):
        yield net.ledger.block(net.ledger.ancestor(head, number))


def _first_host(net: Devnet, account: str) -> str:
    return net.settings.host_name(account, net.settings.hosts[0])
