"""The page on listening beyond this machine: what it tells to type and to write works."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from serving.tls import examine_pair
from understudy.config import load

MINIMAL = Path(__file__).parent.parent / "fixtures" / "config" / "good" / "minimal.yaml"


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "how-to" / "listen-beyond-this-machine.md").read_text()


def test_the_certificate_it_makes_and_the_settings_it_shows_can_be_used(
    page: str, tmp_path: Path
) -> None:
    (command,) = re.findall(r"\$ (openssl .*)", page)
    subprocess.run(shlex.split(command), cwd=tmp_path, check=True, capture_output=True)
    settings = [
        yaml.safe_load(text) for text in re.findall(r"```yaml\n( *switcher:\n.*?)```", page, re.S)
    ]
    with_tls, behind_proxy = (each["switcher"] for each in settings)
    for shown in (with_tls, behind_proxy):
        document = yaml.safe_load(MINIMAL.read_text())
        document["switcher"] |= shown
        path = tmp_path / "understudy.yaml"
        path.write_text(yaml.safe_dump(document))
        switcher = load(path).needed_switcher()
        assert switcher.exposed
        if switcher.tls:
            assert examine_pair(switcher.tls).names == ("watcher.lan", "10.0.0.5")
