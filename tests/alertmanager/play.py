"""A chain that plays second by second before exporters, and what Prometheus would store of it.

Blocks are signed, synchroniser, follower and figures are the real ones; the rule is judged by
the real promtool over the samples that come out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from devnet.keys import DevKey
from exporter.shape import shape
from tests.exporter.seen import INIT0, SyncedExporter
from tests.support.chain import ForgedChain

from .tools import FOLDER, run

METRIC = "bitshares_witness_recent_missed_blocks"


class Play:
    """Time in seconds since the start, one slot and one scrape of each exporter per second."""

    def __init__(
        self, exporters: Collection[str] = ("e1",), chain: ForgedChain | None = None
    ) -> None:
        self.chain = chain or _five_rounds()
        self.time = -1
        self.exporters: dict[str, SyncedExporter | None] = {}
        for name in exporters:
            self.start(name)
        self._began = self.chain.time + 1
        self._empty_slots = 0
        self._series: dict[tuple[str, str, str], list[str]] = {}

    async def second(
        self, dead: Collection[str] = (), updates: Mapping[str, DevKey] | None = None
    ) -> None:
        """Let a second pass: a block unless the slot's owner is dead, then a scrape."""
        self.time += 1
        self._empty_slots += 1
        if self.chain.owner(self._empty_slots) not in dead:
            self.chain.produce(self._empty_slots, updates=updates)
            self._empty_slots = 0
        await self._scrape()

    async def seconds(self, count: int, dead: Collection[str] = ()) -> None:
        for _ in range(count):
            await self.second(dead)

    async def until_missed(self, misses: int, dead: Collection[str] = (INIT0,)) -> int:
        """Leave init0's slots empty until that many misses are charged; return the time."""
        while self.charged() < misses:
            await self.second(dead)
        return self.time

    async def rotate(self, key: DevKey, dead: Collection[str] = (INIT0,)) -> int:
        """Have the next block hold a witness_update of init0; return the time."""
        number = self.chain.number
        while self.chain.number == number:
            await self.second(dead, updates={INIT0: key})
        return self.time

    def switch_to(self, branch: ForgedChain) -> None:
        """Have the nodes go over to another branch, whose head is in this very second."""
        self.chain = branch
        self._empty_slots = 0

    def stop(self, name: str) -> None:
        self.exporters[name] = None

    def start(self, name: str) -> None:
        self.exporters[name] = SyncedExporter()

    def charged(self) -> int:
        """Return what the exporters say of init0 now; all that are up say the same."""
        values = {
            int(float(values[-1]))
            for (_, witness, _), values in self._series.items()
            if witness == "init0" and values[-1] != "stale"
        }
        assert len(values) <= 1
        return values.pop() if values else 0

    def second_of(self, chain_time: int) -> int:
        """Return the second of the play in which a time of the chain falls."""
        return chain_time - self._began

    async def _scrape(self) -> None:
        found: dict[tuple[str, str, str], str] = {}
        for name, exporter in self.exporters.items():
            if exporter:
                seen = await exporter.catch_up(self.chain)
                families = shape(seen, self.chain.time + self._empty_slots)
                family = next(f for f in families if f.metric.name == METRIC)
                for (witness, key), value in family.samples:
                    found[name, witness, key] = str(value)
        for label in found:
            self._series.setdefault(label, ["_"] * self.time)
        for label, values in self._series.items():
            # A series that a scrape lacks, or all of a target that fails, is marked as stale.
            values.append(found.get(label, "stale"))

    # The judgement

    def judge(self, folder: Path, firing: Mapping[str, tuple[int, int]]) -> None:
        """Have promtool hold that the alert fires exactly when it is said to.

        `firing` gives, by accused key, the first and the last second at which it fires.
        """
        path = folder / "generated.yml"
        path.write_text(yaml.safe_dump(self._unit_test(firing), width=10_000))
        assert "SUCCESS" in run("promtool", "test", "rules", path)

    def _unit_test(self, firing: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
        return {
            "rule_files": [str(FOLDER / "rules" / "actions.yml")],
            "evaluation_interval": "1s",
            "tests": [
                {
                    "interval": "1s",
                    "input_series": [
                        {"series": _series(*label), "values": " ".join(values)}
                        for label, values in self._series.items()
                    ],
                    "promql_expr_test": [
                        {
                            "expr": 'ALERTS{alertname="WitnessMissingBlocks"}',
                            "eval_time": f"{time}s",
                            "exp_samples": [
                                {"labels": _alert(key), "value": 1}
                                for key, (first, last) in firing.items()
                                if first <= time <= last
                            ],
                        }
                        for time in range(self.time + 1)
                    ],
                }
            ],
        }


def _five_rounds() -> ForgedChain:
    chain = ForgedChain(interval=1)
    chain.run(35)
    return chain


def _series(instance: str, witness: str, key: str) -> str:
    labels = f'instance="{instance}",job="understudy-exporter",witness="{witness}"'
    return f'{METRIC}{{{labels},signing_key="{key}"}}'


def _alert(key: str) -> str:
    return (
        'ALERTS{alertname="WitnessMissingBlocks",alertstate="firing",severity="critical",'
        f'action="rotate_signing_key",witness="init0",signing_key="{key}"}}'
    )
