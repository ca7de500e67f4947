"""Which addresses only this machine reaches."""

from __future__ import annotations

import pytest

from serving.exposure import is_loopback


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "localhost", "LocalHost."]
)
def test_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",
        "::",
        "::ffff:0.0.0.0",
        "::ffff:10.0.0.1",
        "10.0.0.1",
        "fe80::1",
        "::127.0.0.1",
        "watcher",
        "localhost.example.org",
        "127.0.0.1.example.org",
        # The system takes these for IPv4 addresses, some of them for loopback: told as if not.
        "0",
        "127.1",
    ],
)
def test_others_too_or_perhaps(host: str) -> None:
    assert not is_loopback(host)
