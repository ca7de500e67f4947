"""Fuzzes one parser: `python -m tests.fuzz.fuzzing TARGET [OPTION of libFuzzer…]`.

A process of its own for each: what it runs is instrumented while it is imported.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["chains"]):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    program, name, *options = sys.argv
    atheris.Setup([program, *options], TARGETS[name].feed)
    atheris.Fuzz()
