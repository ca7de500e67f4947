"""The account can't pay, its key is the wrong one, or the wallet that has it stays locked."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from devnet.parameters import OPERATION_FEE
from switcher.signer import add_to_wallet, create_wallet
from tests.faults.account import top_up
from tests.faults.checks import updates
from tests.faults.stage import NET, Stage, on_stage
from tests.faults.timings import timings
from understudy.errors import StackError
from understudy.stack.document import write_secret

SHORT = {"cool_down": "5s"}
"""So that what could not be paid or signed is tried again within the patience of a test."""


async def rotations(stage: Stage, outcome: str) -> float:
    """Return the counter by which people are told of rotations with an outcome."""
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"{stage.relay.target}/metrics")).text
    sample = f'understudy_rotations_total{{outcome="{outcome}",witness="init0"}} '
    [line] = [line for line in text.splitlines() if line.startswith(sample)]
    return float(line.removeprefix(sample))


async def test_account_too_poor_is_told_and_once_topped_up_it_goes_on_by_itself(
    tmp_path: Path,
) -> None:
    poor = replace(NET, balances={"init0": OPERATION_FEE // 2})
    async with on_stage(tmp_path, net=poor, policy=SHORT, dead=["alpha"]) as stage:
        pages = await stage.books.until_word("cannot_pay")
        [entry] = [e for e in pages.entries if e.value == "cannot_pay"]
        assert entry.sentence == "the fee is 20 BTS, the account has 10"
        assert await rotations(stage, "cannot_pay") == 1
        assert updates(stage.net) == []
        await top_up(stage.net, 10 * OPERATION_FEE)
        pages = await stage.settled(rotated_to=["beta"])
        assert [r.outcome for r in pages.rotations][-1] == "on_air"


async def test_key_without_authority_is_told_and_once_replaced_nothing_was_lost(
    tmp_path: Path,
) -> None:
    async with on_stage(tmp_path, signer="init1", policy=SHORT, dead=["alpha"]) as stage:
        pages = await stage.books.until_word("cannot_sign")
        [entry] = [e for e in pages.entries if e.value == "cannot_sign"]
        assert "No key at hand is an active authority" in entry.sentence
        assert await rotations(stage, "cannot_sign") == 1
        write_secret(stage.folder / "active.key", stage.net.active_wif("init0"))
        await stage.switcher.stop()
        await stage.switcher.start()
        await stage.settled(rotated_to=["beta"])


def check(stage: Stage) -> subprocess.CompletedProcess[str]:
    """Run `understudy check` on the stage's configuration."""
    config = str(stage.written.configuration)
    command = [sys.executable, "-m", "understudy", "check", "--config", config]
    wide = {**os.environ, "COLUMNS": "500"}
    return subprocess.run(command, capture_output=True, text=True, env=wide, check=False)


@timings("passphrase", "wrong", None)
async def test_locked_wallet_is_told_at_the_start_and_once_open_nothing_was_lost(
    tmp_path: Path, passphrase: str | None
) -> None:
    wallet, file = tmp_path / "wallet.sqlite", tmp_path / "passphrase"
    create_wallet(wallet, "open sesame")
    if passphrase:
        write_secret(file, passphrase)
    signer = {"wallet": {"path": str(wallet), "passphrase_file": str(file)}}
    async with on_stage(
        tmp_path, switcher={"signer": signer}, dead=["alpha"], start=False
    ) as stage:
        add_to_wallet(wallet, "open sesame", stage.net.active_wif("init0"), "BTS")
        with pytest.raises(StackError, match="ended with status 1") as refusal:
            await stage.switcher.start()
        why = "passphrase is not that of the wallet" if passphrase else f"{file} can't be read"
        assert why in str(refusal.value)
        told = await asyncio.to_thread(check, stage)
        assert told.returncode == 1
        assert why in told.stdout
        await stage.ledger.first(lambda posting: posting.status == 502)
        write_secret(file, "open sesame")
        await stage.switcher.start()
        await stage.settled(rotated_to=["beta"])
