"""Files that systemd hands to a service are found under their plain names."""

from __future__ import annotations

from pathlib import Path

import pytest

from switcher.settings import KeyFileSigner
from understudy.config import load

MINIMAL = Path(__file__).parent.parent / "fixtures" / "config" / "good" / "minimal.yaml"


def test_a_plain_name_is_that_of_a_credential_where_systemd_gave_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "credentials"
    given.mkdir()
    (given / "active.key").touch()
    (given / "elsewhere").touch()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    path = tmp_path / "understudy.yaml"
    path.write_text(MINIMAL.read_text() + "  client_token_file: secrets/elsewhere\n")
    settings = load(path).needed_switcher()
    assert settings.signer == KeyFileSigner(given / "active.key")
    assert settings.token_file == tmp_path / "tokens"
    assert settings.client_token_file == tmp_path / "secrets" / "elsewhere"
