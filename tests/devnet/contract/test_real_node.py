from __future__ import annotations

import os
import subprocess

import pytest

from .conftest import witness_program
from .witness_node import VARIABLE


@pytest.mark.skipif(
    not os.environ.get(VARIABLE),
    reason=f"{VARIABLE} names no witness_node: the contract is held against the devnet only",
)
def test_the_contract_is_held_against_a_real_node_as_well() -> None:
    told = subprocess.run(
        [witness_program(), "--version"], capture_output=True, text=True, timeout=30, check=True
    )
    assert "Version" in told.stdout + told.stderr
