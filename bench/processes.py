"""What the kernel tells of a process (proc(5))."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from understudy.stack import Program

TICKS = os.sysconf("SC_CLK_TCK")
"""Of the clock by which processor time is told, in a second."""

_KIB_PER_MB = 1_000_000 / 1024
_USER, _SYSTEM = 11, 12
"""Places of utime and stime after the name of the program in /proc/PID/stat."""


def resident_mb(program: Program) -> float:
    """Return the resident memory of a program in MB.

    Raises:
        ProcessLookupError: it does not run.
    """
    if program.pid is None:
        raise ProcessLookupError(f"{program.name} does not run")
    return resident_mb_of(program.pid)


def resident_mb_of(process: int, *, peak: bool = False) -> float:
    """Return the resident memory of a process in MB; `peak` asks for the most that it ever was.

    Raises:
        ProcessLookupError: it has ended.
    """
    return resident_mb_in(status_of(process), peak=peak)


def resident_mb_in(status: Mapping[str, str], *, peak: bool = False) -> float:
    """Return the same of a status that was read.

    Raises:
        ProcessLookupError: the process had ended.
    """
    name = "VmHWM" if peak else "VmRSS"
    if name not in status:  # its parent has yet to ask how it ended
        raise ProcessLookupError(f"process {status['Pid'].strip()} has ended")
    return round(int(status[name].split()[0]) / _KIB_PER_MB, 1)


def status_of(process: int) -> Mapping[str, str]:
    """Return what /proc/PID/status says, by the names of its lines.

    Raises:
        ProcessLookupError: the process has ended.
    """
    return dict(line.split(":", 1) for line in _text(process, "status").splitlines())


def processor_seconds_of(process: int) -> float:
    """Return the seconds that a process, with all its threads, has had on a processor.

    Raises:
        ProcessLookupError: it has ended.
    """
    # The name, which may hold anything, is in brackets.
    fields = _text(process, "stat").rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / TICKS


def _text(process: int, file: str) -> str:
    try:
        return Path(f"/proc/{process}/{file}").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError as error:
        raise ProcessLookupError(f"process {process} has ended") from error
