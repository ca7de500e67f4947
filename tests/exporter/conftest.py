from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden exposition files anew (pytest tests/exporter --update-golden)",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare an exposition with its golden file byte for byte, or write that file."""

    def compare(name: str, exposition: str) -> None:
        path = FOLDER / f"{name}.prom"
        if request.config.getoption("--update-golden", default=False):
            path.write_text(exposition)
        assert exposition == path.read_text(), f"differs from {path}; --update-golden writes it"

    return compare
