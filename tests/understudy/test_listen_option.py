"""Where a service listens that is told so on its command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.understudy.commands import CommandLine


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the settings that services were started with, which end at once here."""
    settings: list[Any] = []

    async def serve(_chain: object, given: object, _more: object, **_: object) -> None:
        settings.append(given)

    monkeypatch.setattr("exporter.service.serve", serve)
    monkeypatch.setattr("switcher.service.serve", serve)
    return settings


TABLE = [
    ([], ("127.0.0.1", None)),
    (["--listen", "127.0.0.1:1234"], ("127.0.0.1", 1234)),
    (["--listen", "[::1]:1234"], ("::1", 1234)),
    (["--listen", ":1234"], ("0.0.0.0", 1234)),
]


@pytest.mark.parametrize("service", ["exporter", "switcher"])
@pytest.mark.parametrize(("words", "place"), TABLE)
def test_the_command_line_wins_over_the_configuration(
    run: CommandLine,
    config: Path,
    started: list[Any],
    service: str,
    words: list[str],
    place: tuple[str, int | None],
) -> None:
    assert run(service, "--config", str(config), *words).status == 0
    (settings,) = started
    default = 9877 if service == "exporter" else 9878
    assert (settings.host, settings.port) == (place[0], place[1] or default)


def test_the_spelling_of_other_exporters_is_understood(
    run: CommandLine, config: Path, started: list[Any]
) -> None:
    run("exporter", "--config", str(config), "--web.listen-address=:9100")
    (settings,) = started
    assert (settings.host, settings.port) == ("0.0.0.0", 9100)


@pytest.mark.parametrize("address", ["9877", "x:y", "127.0.0.1:0", "127.0.0.1:70000", ""])
def test_what_is_no_address_is_wrong_use(
    run: CommandLine, config: Path, started: list[Any], address: str
) -> None:
    result = run("exporter", "--config", str(config), "--listen", address)
    assert result.status == 2
    assert "--listen must be an address HOST:PORT" in " ".join(result.err.split())
    assert started == []
