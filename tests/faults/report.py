"""How many fault scenarios ran, and which took longest; and which of their timings run at all."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

FOLDER = "tests/faults/"
FIGURES = "figures"
"""The property by which a scenario tells what it measured, with `record_property`."""

_SLOWEST = 5


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take --all-timings."""
    parser.addoption(
        "--all-timings",
        action="store_true",
        help="run fault scenarios at all moments, and the long ones (make faults)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `timing`, unless it is asked for."""
    if config.getoption("--all-timings"):
        return
    left_out = [item for item in items if item.get_closest_marker("timing")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell the number of scenarios and the slowest ones."""
    ran = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call" and report.nodeid.startswith(FOLDER)
    ]
    if ran:
        terminalreporter.section("fault scenarios")
        terminalreporter.line("\n".join(summary(ran)))


def summary(ran: Sequence[pytest.TestReport]) -> list[str]:
    """Return the lines that tell of scenarios."""
    total = sum(report.duration for report in ran)
    slowest = sorted(ran, key=lambda report: -report.duration)[:_SLOWEST]
    lines = [f"{each.duration:6.1f} s  {each.nodeid.removeprefix(FOLDER)}" for each in slowest]
    lines += [
        str(told) for report in ran for name, told in report.user_properties if name == FIGURES
    ]
    return [f"{len(ran)} scenarios in {total:.0f} s of one worker; the slowest:", *lines]
