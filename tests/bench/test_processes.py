"""What is read of a process is its own, and of one that has ended nothing is made up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.processes import processor_seconds_of, resident_mb, resident_mb_of
from bench.soak.gauges import Reading
from understudy.stack import Program

READERS = (resident_mb_of, processor_seconds_of)


@pytest.fixture
def ended() -> Iterator[int]:
    """Return the id of a process that has ended, and of which nobody has asked how."""
    with subprocess.Popen((sys.executable, "-c", "")) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        yield process.pid


def test_processor_time_is_that_of_the_process_with_its_threads() -> None:
    assert processor_seconds_of(os.getpid()) == pytest.approx(time.process_time(), abs=0.1)


def test_memory_was_never_more_than_at_its_peak() -> None:
    assert 5 < resident_mb_of(os.getpid()) <= resident_mb_of(os.getpid(), peak=True)


@pytest.mark.parametrize("read", READERS)
def test_process_that_is_gone_has_no_figures(read: Callable[[int], float]) -> None:
    gone = subprocess.Popen((sys.executable, "-c", ""))
    gone.wait()
    with pytest.raises(ProcessLookupError):
        read(gone.pid)
    assert Reading.of(gone.pid) is None


def test_process_that_has_just_ended_has_no_memory(ended: int) -> None:
    with pytest.raises(ProcessLookupError):
        resident_mb_of(ended)
    assert Reading.of(ended) is None


def test_memory_of_a_program_that_does_not_run_is_not_taken_for_ours(tmp_path: Path) -> None:
    program = Program("exporter", ("true",), log=tmp_path / "log", ready_url="http://127.0.0.1:1")
    with pytest.raises(ProcessLookupError, match="exporter does not run"):
        resident_mb(program)
