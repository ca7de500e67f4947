"""The stage that end-to-end tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.end_to_end.theatre import Theatre, theatre


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="theatre")
async def running_theatre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Theatre]:
    """Run everything for a module's tests, which begin with `await theatre.well()`."""
    async with theatre(tmp_path_factory.mktemp("theatre")) as everything:
        yield everything
