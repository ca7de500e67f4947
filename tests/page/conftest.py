from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.page.house import Audience, audience, house


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take --pictures."""
    parser.addoption("--pictures", action="store_true", help="Take the documentation's pictures.")


@pytest.fixture(scope="module")
def seated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audience]:
    """Run it all for one module: beside Playwright's own event loop no other test's can run."""
    with house(tmp_path_factory.mktemp("house")) as running, audience(running) as seen:
        yield seen


@pytest.fixture
def chromium(seated: Audience) -> Iterator[Audience]:
    """Return the browser; whatever its pages did, they asked nobody else and broke no rule."""
    yield seated
    seated.leave()
    assert seated.elsewhere == []
    assert seated.complaints == []
