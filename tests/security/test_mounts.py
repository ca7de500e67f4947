"""Which of the shipped services gets which secret, and who may call it in a cluster."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
NEEDED: dict[str, set[str]] = {
    "exporter": set(),
    "switcher": {"active-key", "tokens"},
    "cli": {"active-key", "tokens", "operator-token"},
    "prometheus": set(),
    "alertmanager": {"alertmanager-token"},
    "grafana": {"grafana-password"},
    "postgresql": {"database-password"},
}


def manifests(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes" / name).read_text()))


def test_compose_gives_each_secret_to_those_alone_who_need_it() -> None:
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    given = {
        name: {s if isinstance(s, str) else s["source"] for s in service.get("secrets", ())}
        for name, service in compose["services"].items()
    }
    assert given == NEEDED
    mounted = [
        volume["source"]
        for service in compose["services"].values()
        for volume in service.get("volumes", ())
    ]
    assert not [source for source in mounted if "secrets" in source or source in {".", "./"}]


def test_kubernetes_gives_the_exporter_no_secret() -> None:
    [exporter, *_] = manifests("exporter.yaml")
    pod = exporter["spec"]["template"]["spec"]
    assert [volume for volume in pod["volumes"] if "secret" in str(volume).lower()] == []
    [container] = pod["containers"]
    assert "env" not in container
    assert "envFrom" not in container


def test_kubernetes_gives_nobody_a_token_of_its_own() -> None:
    for name in ("exporter.yaml", "switcher.yaml"):
        [workload, *_] = manifests(name)
        assert workload["spec"]["template"]["spec"]["automountServiceAccountToken"] is False


def test_kubernetes_lets_in_only_who_monitors() -> None:
    [policy] = manifests("network.yaml")
    spec = policy["spec"]
    assert set(spec["policyTypes"]) == {"Ingress", "Egress"}
    [rule] = spec["ingress"]
    labels = {"kubernetes.io/metadata.name": "monitoring"}
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": labels}}]
    allowed = [block["ipBlock"] for way in spec["egress"] for block in way.get("to", ())]
    assert all("169.254.0.0/16" in b["except"] for b in allowed if b["cidr"] == "0.0.0.0/0")
    for name in ("exporter.yaml", "switcher.yaml"):
        [workload, *_] = manifests(name)
        pod = workload["spec"]["template"]["metadata"]["labels"]
        assert spec["podSelector"]["matchLabels"].items() <= pod.items()


def test_systemd_gives_credentials_to_the_switcher_alone() -> None:
    given = {
        unit.stem: re.findall(r"^LoadCredential=([\w.-]+):", unit.read_text(), re.MULTILINE)
        for unit in (DEPLOY / "systemd").glob("*.service")
    }
    assert given == {
        "understudy-exporter": [],
        "understudy-node": [],
        "understudy-switcher": ["active.key", "tokens"],
    }
