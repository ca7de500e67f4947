"""What every test may ask for."""

from __future__ import annotations

import logging
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from bench.postgresql import Cluster
from tests.support.drawn import FUZZ

pytest_plugins = ["tests.faults.report"]

# How fast a busy machine draws examples says nothing about the code.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(FUZZ, settings.get_profile("project"), max_examples=2000)
settings.load_profile("project")


def pytest_configure() -> None:
    """Have programs that tests start hear of Ctrl-C, where whoever started the tests ignores it.

    A shell has what it runs in the background ignore it, and a program hands that on.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _logging_restored() -> Iterator[None]:
    """Take back what a command that ran within this process set up.

    Loggers keep the set-up of their first line, so that whoever captures lines later gets none.
    """
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the project."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run a PostgreSQL for all tests of this process; ask `postgresql_url` for a database in it."""
    with Cluster(tmp_path_factory.mktemp("cluster") / "postgresql") as cluster:
        yield cluster


@pytest.fixture
def postgresql_url(postgresql: Cluster) -> Iterator[str]:
    """Return the SQLAlchemy URL of an empty PostgreSQL database."""
    name = f"journal_{secrets.token_hex(6)}"
    yield postgresql.create_database(name)
    postgresql.drop_database(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the SQLAlchemy URL of a file that is not there yet."""
    return f"sqlite:///{tmp_path / 'understudy.db'}"


@pytest.fixture(params=["sqlite_url", "postgresql_url"], ids=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Return the SQLAlchemy URL of an empty database of either kind."""
    url: str = request.getfixturevalue(request.param)
    return url
