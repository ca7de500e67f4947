from __future__ import annotations

import subprocess

import pytest

from tests.support.witness_node import VARIABLE, witness_program

PROGRAM = witness_program()


@pytest.mark.skipif(
    PROGRAM is None,
    reason=f"{VARIABLE} names no witness_node: the contract is held against the devnet only",
)
def test_the_contract_is_held_against_a_real_node_as_well() -> None:
    assert PROGRAM is not None
    told = subprocess.run(
        [PROGRAM, "--version"], capture_output=True, text=True, timeout=30, check=True
    )
    assert "Version" in told.stdout + told.stderr
