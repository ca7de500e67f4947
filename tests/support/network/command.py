"""The command line with real nodes in place of the devnet: python -m tests.support.network.command

Only what runs its devnet within its own process can be led there, such as `demo`.
"""

from __future__ import annotations

from devnet.settings import DevnetSettings
from tests.support.network.real import RealNetwork
from tests.support.witness_node import VARIABLE, witness_program
from understudy import cli
from understudy.stack import on_devnet


def _real(settings: DevnetSettings) -> RealNetwork:
    program = witness_program()
    assert program is not None, f"{VARIABLE} names no program"
    return RealNetwork(settings, program)


if __name__ == "__main__":
    vars(on_devnet)["Devnet"] = _real
    cli.main()
