"""The manifests are what Kubernetes and the Prometheus operator take, and fit each other."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import typer
import yaml

import understudy
from deploy.__main__ import FOLDER as MONITORING
from deploy.__main__ import manifests
from deploy.operator import alertmanager_config
from exporter import app as exporter_app
from switcher.routes import health
from tests.deploy.stranger import ROOT
from tests.deploy.test_sample import OWN
from tests.support.certificates import self_signed
from understudy.cli import app
from understudy.config import load
from understudy.stack.tools import Tools

FOLDER = ROOT / "deploy" / "kubernetes"
VERSION = "1.33"
"""What the manifests are held against; nothing in them is new or going away."""

FILES = sorted(path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml")
OBJECTS = [(path, each) for path in FILES for each in yaml.safe_load_all(path.read_text()) if each]
CORE = [(path, each) for path, each in OBJECTS if "coreos" not in each["apiVersion"]]
OPERATORS = [(path, each) for path, each in OBJECTS if "coreos" in each["apiVersion"]]
WORK = {
    each["metadata"]["name"]: each["spec"]["template"]["spec"]
    for _, each in CORE
    if each["kind"] in ("Deployment", "StatefulSet")
}


def ids(value: Any) -> str:
    return value.name if isinstance(value, Path) else f"{value['kind']}-{value['metadata']['name']}"


def one(kind: str, name: str) -> Any:
    (found,) = (
        each for _, each in OBJECTS if (each["kind"], each["metadata"]["name"]) == (kind, name)
    )
    return found


@pytest.mark.parametrize(("path", "manifest"), CORE, ids=ids)
def test_kubernetes_takes_the_manifest(path: Path, manifest: Any) -> None:
    kubernetes_validate.validate(manifest, VERSION, strict=True)


@pytest.mark.parametrize(("path", "manifest"), OPERATORS, ids=ids)
def test_the_operator_takes_the_manifest(path: Path, manifest: Any) -> None:
    schema = json.loads((Path(__file__).parent / "operator-schema.json").read_text())
    jsonschema.validate(manifest, schema)


def test_every_file_is_applied_but_for_the_example_of_secrets() -> None:
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    here = {path.name for path in FILES if path.parent == FOLDER}
    assert here - set(listed) == {"secrets.example.yaml"}
    listed = yaml.safe_load((MONITORING / "kustomization.yaml").read_text())["resources"]
    assert {path.name for path in FILES if path.parent == MONITORING} == set(listed)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="there is no kubectl on PATH")
@pytest.mark.parametrize("folder", [FOLDER, MONITORING], ids=lambda folder: folder.name)
def test_kustomize_puts_them_together(folder: Path, tmp_path: Path) -> None:
    words = ["kubectl", "kustomize", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_follows_from_other_files_was_written_anew() -> None:
    written = {name: (MONITORING / name).read_text() for name in manifests()}
    assert written == manifests(), "do: make manifests"


def test_the_examples_hold_no_secret() -> None:
    for each in yaml.safe_load_all((FOLDER / "secrets.example.yaml").read_text()):
        assert set(each["stringData"].values()) == {""}


@pytest.mark.parametrize("name", WORK)
def test_a_pod_may_do_no_more_than_the_strictest_standard_allows(name: str) -> None:
    pod = WORK[name]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    assert container["image"] == f"understudy:{understudy.__version__}"


@pytest.mark.parametrize("name", WORK)
def test_a_pod_runs_a_command_that_there_is_and_is_asked_what_it_answers(name: str) -> None:
    (container,) = WORK[name]["containers"]
    command: Any = typer.main.get_command(app)
    word, *options = container["args"]
    command.commands[word].make_context(word, options)
    paths = {container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness")}
    assert paths == {"/healthz"}
    assert '"/healthz"' in Path(exporter_app.__file__).read_text()
    assert "/healthz" in {getattr(route, "path", "") for route in health.router.routes}


def test_the_configuration_is_complete_with_the_files_that_are_mounted_beside_it(
    tmp_path: Path,
) -> None:
    text = one("ConfigMap", "understudy")["data"]["understudy.yaml"]
    for placeholder, own in OWN.items():
        assert text.count(placeholder) == 1
        text = text.replace(placeholder, own)
    path = tmp_path / "understudy.yaml"
    path.write_text(text)
    switcher = load(path).needed_switcher()
    assert switcher.tls
    named = {
        *(switcher.token_file, switcher.client_token_file, switcher.signer.path),
        *(switcher.tls.certificate_file, switcher.tls.key_file),
    }
    assert {each.name for each in named if each} == mounted("understudy-switcher")
    assert switcher.exposed
    assert switcher.policy.arm is False


def mounted(name: str) -> set[str]:
    """Return the files of secrets in a pod's folder of configuration."""
    (volume,) = (each for each in WORK[name]["volumes"] if "projected" in each)
    secrets = [each["secret"] for each in volume["projected"]["sources"] if "secret" in each]
    for secret in secrets:
        example = one("Secret", secret["name"])["stringData"]
        assert {item["key"] for item in secret["items"]} <= set(example)
    return {item["path"] for secret in secrets for item in secret["items"]}


def test_secrets_are_for_the_pods_own_group_alone() -> None:
    pod = WORK["understudy-switcher"]
    (volume,) = (each for each in pod["volumes"] if "projected" in each)
    assert volume["projected"]["defaultMode"] == 0o440
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]


def test_jobs_have_the_names_and_intervals_that_the_rules_know() -> None:
    shipped = yaml.safe_load((ROOT / "alertmanager" / "prometheus.yml").read_text())
    jobs = {each["job_name"]: each for each in shipped["scrape_configs"]}
    for name in ("understudy-exporter", "understudy-switcher"):
        service, monitor = one("Service", name), one("ServiceMonitor", name)
        (endpoint,) = monitor["spec"]["endpoints"]
        assert endpoint["interval"] == jobs[name]["scrape_interval"]
        assert endpoint["scrapeTimeout"] == jobs[name]["scrape_timeout"]
        labels = monitor["spec"]["selector"]["matchLabels"]
        assert labels.items() <= service["metadata"]["labels"].items()
        assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_the_certificate_that_the_page_makes_stands_for_the_names_that_are_called(
    tmp_path: Path,
) -> None:
    page = (ROOT / "docs" / "how-to" / "install-kubernetes.md").read_text()
    (names,) = re.findall(r"subjectAltName=(\S+)", page)
    self_signed(tmp_path, names=names)  # openssl takes them
    called = {
        one("ServiceMonitor", "understudy-switcher")["spec"]["endpoints"][0]["tlsConfig"][
            "serverName"
        ]
    }
    webhooks = receivers()["switcher"]["webhookConfigs"]
    called |= {each["httpConfig"]["tlsConfig"]["serverName"] for each in webhooks}
    assert {f"DNS:{name}" for name in called} <= set(names.split(","))


def receivers() -> dict[str, Any]:
    spec = one("AlertmanagerConfig", "understudy")["spec"]
    return {each["name"]: each for each in spec["receivers"]}


@pytest.mark.stack
def test_prometheus_takes_the_rules(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(yaml.safe_dump(one("PrometheusRule", "understudy")["spec"]))
    promtool = Tools.find().prometheus.with_name("promtool")
    done = subprocess.run(
        [promtool, "check", "rules", rules], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def as_the_operator_would(path: Path) -> Path:
    """Write an alertmanager.yml with the object's routes, for one namespace and going on."""
    shipped = yaml.safe_load((ROOT / "alertmanager" / "alertmanager.yml").read_text())
    assert alertmanager_config(shipped) == one("AlertmanagerConfig", "understudy")
    ours = {
        **shipped["route"],
        "matchers": ['namespace="understudy"'],
        "continue": True,
    }
    names = [{"name": each["name"]} for each in shipped["receivers"]]
    everybody = {"receiver": "everybody", "routes": [ours]}
    path.write_text(
        yaml.safe_dump({"route": everybody, "receivers": [*names, {"name": "everybody"}]})
    )
    return path


@pytest.mark.stack
@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (("alertname=WitnessMissingBlocks", "action=rotate_signing_key"), "switcher,people"),
        (("alertname=AlertPathHeartbeat",), "switcher"),
        (("alertname=DrillOverdue",), "people"),
    ],
)
def test_alerts_that_carry_the_namespace_reach_the_switcher_and_people(
    tmp_path: Path, labels: tuple[str, ...], told: str
) -> None:
    rules = one("PrometheusRule", "understudy")["spec"]["groups"]
    alerts = {rule["alert"]: rule for group in rules for rule in group["rules"] if "alert" in rule}
    (name,) = (label.partition("=")[2] for label in labels if label.startswith("alertname="))
    namespace = f"namespace={alerts[name]['labels']['namespace']}"
    file = as_the_operator_would(tmp_path / "alertmanager.yml")
    amtool = Tools.find().prometheus.with_name("amtool")
    words: list[str | Path] = [
        amtool,
        "config",
        "routes",
        "test",
        f"--config.file={file}",
        *labels,
        namespace,
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == told, done.stderr
