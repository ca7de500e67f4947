"""Rules and routes as the Prometheus operator's own kinds have them. Pure.

Fields as in the operator's monitoring.coreos.com/v1 (PrometheusRule) and v1alpha1
(AlertmanagerConfig).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

NAMESPACE = "understudy"
_SWITCHER = "understudy-switcher"
_TOKENS, _CERTIFICATE = "understudy-monitoring", "understudy-switcher-tls"
"""The secrets with the tokens of Prometheus and Alertmanager, and with the certificate."""

_MATCHER = re.compile(r'(?P<name>\w+)(?P<matchType>=~|!~|!=|=)"(?P<value>[^"]*)"')
_FIELDS = {
    "receiver": "receiver",
    "group_by": "groupBy",
    "group_wait": "groupWait",
    "group_interval": "groupInterval",
    "repeat_interval": "repeatInterval",
    "continue": "continue",
}


def prometheus_rule(groups: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a PrometheusRule with groups of rules, as files of Prometheus have them.

    Every alert has the label by which the operator keeps the routes of namespaces apart.
    """
    return _object(
        "monitoring.coreos.com/v1", "PrometheusRule", {"groups": [_group(each) for each in groups]}
    )


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    return {**group, "rules": [_rule(each) for each in group["rules"]]}


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    if "alert" not in rule:
        return dict(rule)
    return {**rule, "labels": {**rule.get("labels", {}), "namespace": NAMESPACE}}


def alertmanager_config(shipped: Mapping[str, Any]) -> dict[str, Any]:
    """Return an AlertmanagerConfig with the routes of an alertmanager.yml.

    Its receiver of the name `switcher` calls the switcher in the cluster; the others are empty.

    Raises:
        ValueError: a route has something that isn't known here.
    """
    return _object(
        "monitoring.coreos.com/v1alpha1",
        "AlertmanagerConfig",
        {
            "route": _route(shipped["route"]),
            "receivers": [_receiver(each) for each in shipped["receivers"]],
        },
    )


def _route(route: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := route.keys() - _FIELDS.keys() - {"matchers", "routes"}:
        raise ValueError(f"A route has {', '.join(sorted(unknown))}, for which there is no field.")
    made: dict[str, Any] = {
        theirs: route[field] for field, theirs in _FIELDS.items() if field in route
    }
    if "matchers" in route:
        made["matchers"] = [_matcher(text) for text in route["matchers"]]
    if "routes" in route:
        made["routes"] = [_route(each) for each in route["routes"]]
    return made


def _matcher(text: str) -> dict[str, str]:
    if found := _MATCHER.fullmatch(text):
        return found.groupdict()
    raise ValueError(f"{text} is no matcher as the shipped routes have them.")


def _receiver(receiver: Mapping[str, Any]) -> dict[str, Any]:
    name = receiver["name"]
    if name != "switcher":
        return {"name": name}
    (shipped,) = receiver["webhook_configs"]
    service = f"{_SWITCHER}.{NAMESPACE}.svc"
    _, _, port_and_path = shipped["url"].rpartition(":")
    webhook = {
        "url": f"https://{_SWITCHER}-0.{service}:{port_and_path}",
        "sendResolved": shipped["send_resolved"],
        "maxAlerts": shipped["max_alerts"],
        "httpConfig": {
            "followRedirects": shipped["http_config"]["follow_redirects"],
            "authorization": {
                "type": "Bearer",
                "credentials": {"name": _TOKENS, "key": "alertmanager-token"},
            },
            "tlsConfig": {
                "ca": {"secret": {"name": _CERTIFICATE, "key": "tls.crt"}},
                "serverName": service,
            },
        },
    }
    return {"name": name, "webhookConfigs": [webhook]}


def _object(version: str, kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {"name": "understudy", "namespace": NAMESPACE}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": dict(spec)}
