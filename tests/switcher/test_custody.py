"""A switcher with an owner key at hand, or with a key that is good for nothing, on a devnet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from switcher.auth import Scope
from switcher.settings import KeyFileSigner, Policy
from tests.switcher.stage import WITNESS, Home, Stage, alert, eventually, on_stage

NET = DevnetSettings(prehistory=60)
READY_TO_ACT = Policy(arm=True, missed_blocks=0)


async def trouble(stage: Stage) -> str:
    async def known() -> str | None:
        [witness] = (await stage.status())["witnesses"]
        told: str | None = witness["key_trouble"]
        return told

    return await eventually(known)


async def ordered(stage: Stage) -> Any:
    body = {"witness": WITNESS, "to": "beta"}
    headers = stage.home.bearer(Scope.OPERATE)
    return await stage.client.post("/api/rotate", json=body, headers=headers)


async def test_an_owner_key_is_told_at_the_start_and_signs_nothing(tmp_path: Path) -> None:
    async with Devnet(NET) as net:
        home = Home(tmp_path, net.owner_wif(WITNESS))
        with capture_logs() as logs:
            async with on_stage(net, home, settings=home.settings(READY_TO_ACT)) as stage:
                assert "is an owner key, with which a thief takes the account" in (
                    await trouble(stage)
                )
                answer = await ordered(stage)
                assert answer.status_code == 409
                assert "Refused (cannot_sign): BTS" in answer.json()["detail"]
                reply = await stage.post(alert(net.signing_key("alpha")))
                assert reply.status_code == 202
                words = await stage.until("cannot_sign")
                assert "broadcast" not in words
                assert net.state.witnesses["1.6.1"].signing_key == net.signing_key("alpha")
        told = [each for each in logs if each["event"] == "no rotation can be signed"]
        assert [(each["witness"], each["log_level"]) for each in told] == [(WITNESS, "error")]


async def test_an_owner_key_that_is_put_up_with_rotates(tmp_path: Path) -> None:
    async with Devnet(NET) as net:
        home = Home(tmp_path, net.owner_wif(WITNESS))
        key = KeyFileSigner(home.folder / "active.key", allow_owner_key=True)
        async with on_stage(net, home, settings=home.settings(signer=key)) as stage:
            assert await trouble(stage) == ""
            assert (await ordered(stage)).status_code == 202
            await stage.until("in_block")
            assert net.state.witnesses["1.6.1"].signing_key == net.signing_key("beta")


async def test_an_active_key_is_no_trouble(tmp_path: Path) -> None:
    async with Devnet(NET) as net, on_stage(net, Home(tmp_path, net.active_wif(WITNESS))) as stage:
        assert await trouble(stage) == ""


async def test_a_key_of_another_account_is_told_at_the_start(tmp_path: Path) -> None:
    async with Devnet(NET) as net, on_stage(net, Home(tmp_path, net.active_wif("init1"))) as stage:
        assert (await trouble(stage)).startswith("No key at hand is an active authority")
