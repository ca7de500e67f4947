"""A node of a devnet that is cut off with a witness, and the switcher that is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from tests.switcher.stage import WITNESS, Home, Stage, doubt, eventually, on_stage


async def asia(stage: Stage) -> dict[str, Any]:
    nodes = (await stage.status())["nodes"]
    return next(node for node in nodes if node["name"] == "asia")


async def test_forked_node_is_reported_left_out_and_heard_again_once_it_is_back(
    tmp_path: Path,
) -> None:
    async with Devnet(DevnetSettings(prehistory=40)) as net:
        home = Home(tmp_path, net.active_wif(WITNESS))
        async with on_stage(net, home) as stage:
            net.faults.partition([["alpha", "asia"]])

            async def forked() -> bool | None:
                return True if (await asia(stage))["verdict"] == "forked" else None

            await eventually(forked)
            await stage.post(doubt(node="asia", name="NodeForked"))
            assert await stage.until("pinned") == ["resolve_chain", "report", "pinned"]
            [told] = [e for e in await stage.journal() if e["value"] == "report"]
            verdicts = {node["name"]: node["verdict"] for node in told["details"]["nodes"]}
            assert verdicts == {"eu": "canonical", "us": "canonical", "asia": "forked"}
            [away] = [n["divergence"] for n in told["details"]["nodes"] if n["divergence"]]
            assert away["depth"] >= 1
            assert (await asia(stage))["left_out"]
            await net.faults.heal()
            words = await stage.until("resolved")
            assert words == ["resolve_chain", "report", "pinned", "resolved"]
            assert not (await asia(stage))["left_out"]
