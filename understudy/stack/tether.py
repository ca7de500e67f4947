"""Run a program that ends when the process that started it ends.

    python tether.py PARENT PROGRAM [ARGUMENT…]

The program keeps this process' id. Where the system can't do it (Linux can), it runs untethered.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for SIGTERM at the parent's end, then become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit("the process that started this one has ended")
    try:
        os.execv(program[0], program)  # noqa: S606  # nosec B606 # that is its purpose
    except OSError as error:
        sys.exit(f"{program[0]} can't be run: {error.strerror}")


if __name__ == "__main__":
    main()
