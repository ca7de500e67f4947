"""`python -m deploy`: write the manifests that follow from alertmanager/ anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from deploy.operator import alertmanager_config, prometheus_rule

FOLDER = Path(__file__).parent / "kubernetes" / "monitoring"
_SOURCE = Path(__file__).parent.parent / "alertmanager"
_HEAD = "# Written by `make manifests` from alertmanager/{}; change it there.\n"


def manifests() -> dict[str, str]:
    """Return the text of each file, by its name."""
    rules = sorted((_SOURCE / "rules").glob("*.yml"))
    groups = [group for path in rules for group in _read(path)["groups"]]
    return {
        "rules.yaml": _HEAD.format("rules") + _written(prometheus_rule(groups)),
        "alertmanager-config.yaml": _HEAD.format("alertmanager.yml")
        + _written(alertmanager_config(_read(_SOURCE / "alertmanager.yml"))),
    }


def main() -> None:
    """Write them."""
    for name, text in manifests().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


class _Dumper(yaml.SafeDumper):
    """Writes what has several lines in as many."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    )


_Dumper.add_representer(str, _text)


def _written(manifest: dict[str, Any]) -> str:
    return yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)


if __name__ == "__main__":
    main()
