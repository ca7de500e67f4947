"""What tests of the peer node may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the SQLAlchemy URL of a file that is not there yet."""
    return f"sqlite:///{tmp_path / 'peer.db'}"


@pytest.fixture(params=["sqlite_url", "postgresql_url"], ids=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Return the SQLAlchemy URL of an empty database of either kind."""
    url: str = request.getfixturevalue(request.param)
    return url
