from __future__ import annotations

import pytest

from understudy.stack.ports import free_ports


@pytest.fixture
def free_port() -> int:
    """Return a port at which nobody listens now."""
    (port,) = free_ports(1)
    return port
