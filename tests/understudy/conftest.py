from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.understudy.commands import PRIVATE_KEY, CommandLine, command_line
from tests.understudy.running_devnet import RunningDevnet, running_devnet

_MINIMAL = Path(__file__).parent.parent / "fixtures" / "config" / "good" / "minimal.yaml"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "200")
    return command_line(capsys, monkeypatch)


@pytest.fixture(scope="session")
def devnet() -> Iterator[RunningDevnet]:
    """Run a devnet that nobody breaks, for all tests of this process."""
    with running_devnet("--witnesses", "5", "--prehistory", "10") as running:
        yield running


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration file whose secrets are beside it."""
    path = tmp_path / "understudy.yaml"
    path.write_bytes(_MINIMAL.read_bytes())
    (tmp_path / "active.key").write_text(PRIVATE_KEY)
    (tmp_path / "active.key").chmod(0o600)
    (tmp_path / "tokens").touch(0o600)
    return path
