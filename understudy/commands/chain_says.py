"""What the chain says at this moment: a sign that the nodes answer and that all is well there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chains.bitshares.inquiry import ChainSeen, look_at_chain
from chains.bitshares.objects import Reading
from chains.bitshares.transactions import format_time
from chains.errors import NodeError, WrongChainError
from chains.settings import ChainSettings, NodeSettings
from understudy.commands.output import answers, remarks, waiting
from understudy.config import ConfigurationError, load


@dataclass(frozen=True, slots=True)
class Said:
    """What a node said of the chain; or else why nothing is known."""

    node: str | None = None
    reading: Reading | None = None
    trouble: str = ""

    def plain(self) -> dict[str, object]:
        """Return it for programs; times are UTC."""
        return {"node": self.node, "chain": dict(self._lines()), "trouble": self.trouble}

    def tell(self) -> None:
        """Print it."""
        if self.reading is None:
            remarks.print(self.trouble, style="yellow", markup=False)
            return
        remarks.print(f"The chain, as {self.node} tells it:", markup=False)
        for name, value in self._lines():
            answers.print(f"  {name:<29}{value}", markup=False)

    def _lines(self) -> list[tuple[str, object]]:
        """Return the figures under the names that nodes give them."""
        if self.reading is None:
            return []
        return [
            ("head_block_number", self.reading.head_number),
            ("time", format_time(self.reading.head_time)),
            ("last_irreversible_block_num", self.reading.irreversible),
            ("recently_missed_count", self.reading.recently_missed),
            ("next_maintenance_time", format_time(self.reading.next_maintenance)),
        ]


def ask_the_chain(config: Path) -> Said:
    """Return what the first node of a configuration says that answers."""
    if not config.exists():
        return Said(trouble=f"There is no {config} that names nodes, so the chain was not asked.")
    try:
        chain = load(config).chain
    except ConfigurationError:
        text = f"{config} has mistakes, so the chain was not asked; understudy check tells them."
        return Said(trouble=text)
    with waiting("asking the nodes"):
        found = asyncio.run(_asked(chain))
    troubles = [str(each) for each in found if isinstance(each, NodeError)]
    for node, seen in zip(chain.nodes, found, strict=True):
        if isinstance(seen, ChainSeen):
            return Said(node.name, seen.reading)
    return Said(trouble=f"No node answers ({'; '.join(troubles)}), so the chain was not asked.")


async def _asked(chain: ChainSettings) -> Sequence[ChainSeen | NodeError]:
    return await asyncio.gather(*(_one(chain, node) for node in chain.nodes))


async def _one(chain: ChainSettings, node: NodeSettings) -> ChainSeen | NodeError:
    try:
        seen = await look_at_chain(node, chain.call_timeout)
    except NodeError as error:
        return error
    if seen.chain_id != chain.chain_id:
        return WrongChainError(node.name, chain.chain_id, seen.chain_id)
    return seen
