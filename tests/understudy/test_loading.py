"""What a service loads that has no use for it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("service", ["exporter.service", "switcher.service"])
def test_service_without_peers_loads_nothing_that_asks_them(service: str) -> None:
    program = f"import sys, {service}; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = told.stdout.decode().split()
    assert service in loaded
    assert "aiohttp" not in loaded
