"""What Prometheus says of its rules and targets, and what a file of rules says. Pure.

Formats: prometheus.io/docs/prometheus/latest/querying/api and …/configuration/alerting_rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, model_validator

from understudy.doctor.values import Said, Seconds


class Rule(Said):
    """A rule as Prometheus has loaded it, or as a file of rules has it.

    `state` is firing, pending or inactive, where that is told.
    `hold` is how long it waits before it fires, `kept` how long it goes on afterwards, `interval`
    (of its group) how often it is evaluated, all in seconds.
    """

    kind: Literal["alerting", "recording"] = Field(validation_alias="type")
    name: str = Field(validation_alias=AliasChoices("name", "alert", "record"))
    expression: str = Field(validation_alias=AliasChoices("query", "expr"))
    hold: Seconds = Field(0, validation_alias=AliasChoices("duration", "for"))
    kept: Seconds = Field(0, validation_alias=AliasChoices("keepFiringFor", "keep_firing_for"))
    labels: Annotated[dict[str, str], Field(default_factory=dict)]
    health: str = "unknown"
    state: str = ""
    last_error: str = Field("", validation_alias="lastError")
    group: str = ""
    interval: float = 0

    @model_validator(mode="before")
    @classmethod
    def _kind(cls, data: Any) -> Any:
        """Tell the kind in a file, which has no `type`."""
        if not isinstance(data, dict):
            return data
        return {"type": "recording" if "record" in data else "alerting", **data}


class _Group(Said):
    name: str
    interval: Seconds = 0
    rules: list[Rule]


class Groups(Said):
    """A file of rules, or all that are loaded."""

    groups: list[_Group]

    def all_rules(self) -> tuple[Rule, ...]:
        """Return the rules, each with its group's name and interval."""
        return tuple(
            rule.model_copy(update={"group": group.name, "interval": group.interval})
            for group in self.groups
            for rule in group.rules
        )


class Target(Said):
    """What Prometheus scrapes, every `interval` seconds."""

    labels: dict[str, str]
    url: str = Field("", validation_alias="scrapeUrl")
    health: Literal["up", "down", "unknown"]
    last_error: str = Field("", validation_alias="lastError")
    interval: Seconds = Field(validation_alias="scrapeInterval")

    @property
    def job(self) -> str:
        """The scrape job that it belongs to."""
        return self.labels.get("job", "")


class _Targets(Said):
    active: list[Target] = Field(validation_alias="activeTargets")


class RulesAnswer(Said):
    """The answer of /api/v1/rules."""

    data: Groups


class TargetsAnswer(Said):
    """The answer of /api/v1/targets."""

    data: _Targets


class _Known(Said):
    active: list[dict[str, str]] = Field(validation_alias="activeAlertmanagers")


class AlertmanagersAnswer(Said):
    """The answer of /api/v1/alertmanagers."""

    data: _Known


class Job(Said):
    """A job in a prometheus.yml."""

    name: str = Field(validation_alias="job_name")
    interval: Seconds | None = Field(None, validation_alias="scrape_interval")


class Scraping(Said):
    """A prometheus.yml."""

    jobs: list[Job] = Field(validation_alias="scrape_configs")


@dataclass(frozen=True, slots=True)
class Prometheus:
    """What there is to judge of a Prometheus; it sends alerts to `alertmanagers` addresses."""

    rules: tuple[Rule, ...]
    targets: tuple[Target, ...]
    alertmanagers: int = 0


def acting(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules upon whose alerts the switcher acts."""
    return tuple(rule for rule in rules if rule.kind == "alerting" and "action" in rule.labels)
