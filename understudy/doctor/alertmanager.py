"""What Alertmanager says of its configuration, silences and alerts. Pure.

Formats: prometheus.io/docs/alerting/latest/configuration, and Alertmanager's api/v2/openapi.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self

from pydantic import BeforeValidator, Field

from understudy.doctor.matching import Labels, Matcher, parse_matcher
from understudy.doctor.values import Said, Seconds

Matchers = tuple[Annotated[Matcher, BeforeValidator(parse_matcher)], ...]
Older = Annotated[dict[str, str], Field(default_factory=dict)]
"""Labels with their values, or with regular expressions, as conditions were written before 0.22."""


def _conditions(equal: Older, fitting: Older, matchers: Matchers) -> Matchers:
    return (
        *(Matcher(name, "=", value) for name, value in equal.items()),
        *(Matcher(name, "=~", value) for name, value in fitting.items()),
        *matchers,
    )


class Route(Said):
    """A node of the tree of routes; None: as the route around it. Durations are seconds."""

    receiver: str | None = None
    match: Older
    match_re: Older
    matchers: Matchers = ()
    goes_on: bool = Field(False, validation_alias="continue")
    routes: tuple[Route, ...] = ()
    group_by: tuple[str, ...] | None = None
    group_wait: Seconds | None = None
    group_interval: Seconds | None = None
    repeat_interval: Seconds | None = None
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()

    @property
    def conditions(self) -> Matchers:
        """What an alert must match to come in here."""
        return _conditions(self.match, self.match_re, self.matchers)

    def within(self, outer: Route) -> Self:
        """Return it with what it takes over from the route around it."""
        taken = ("receiver", "group_by", "group_wait", "group_interval", "repeat_interval")
        lacking = [name for name in taken if getattr(self, name) is None]
        return self.model_copy(update={name: getattr(outer, name) for name in lacking})


class Inhibition(Said):
    """While an alert matches the source side, those that match the target side are muted.

    Only if they have the labels `equal` alike, where both sides may lack them.
    """

    source_match: Older
    source_match_re: Older
    source_matchers: Matchers = ()
    target_match: Older
    target_match_re: Older
    target_matchers: Matchers = ()
    equal: tuple[str, ...] = ()

    @property
    def source(self) -> Matchers:
        """What the muting alert matches."""
        return _conditions(self.source_match, self.source_match_re, self.source_matchers)

    @property
    def target(self) -> Matchers:
        """What the muted alert matches."""
        return _conditions(self.target_match, self.target_match_re, self.target_matchers)


class Webhook(Said):
    """A webhook; `url` is "<secret>" or None where Alertmanager doesn't show it.

    A notification has at most `max_alerts`, 0: all of its group.
    """

    url: str | None = None
    max_alerts: int = 0


class Receiver(Said):
    """A receiver and its webhooks."""

    name: str
    webhooks: tuple[Webhook, ...] = Field((), validation_alias="webhook_configs")


class Routing(Said):
    """An alertmanager.yml."""

    route: Route
    receivers: tuple[Receiver, ...] = ()
    inhibitions: tuple[Inhibition, ...] = Field((), validation_alias="inhibit_rules")


class _SilenceMatcher(Said):
    name: str
    value: str
    is_regex: bool = Field(validation_alias="isRegex")
    is_equal: bool = Field(True, validation_alias="isEqual")


class _State(Said):
    state: str


class Silence(Said):
    """A silence: pending, active or expired."""

    id: str
    created_by: str = Field("", validation_alias="createdBy")
    comment: str = ""
    starts_at: datetime = Field(validation_alias="startsAt")
    ends_at: datetime = Field(validation_alias="endsAt")
    status: _State
    matchers: tuple[_SilenceMatcher, ...]

    @property
    def conditions(self) -> Matchers:
        """What an alert must match to be muted."""
        operators = {(True, False): "=", (False, False): "!=", (True, True): "=~"}
        return tuple(
            Matcher(each.name, operators.get((each.is_equal, each.is_regex), "!~"), each.value)
            for each in self.matchers
        )


class Alert(Said):
    """An alert that has arrived."""

    labels: dict[str, str]


class _Configuration(Said):
    original: str


class _Member(Said):
    name: str


class _Cluster(Said):
    peers: tuple[_Member, ...] = ()


class Status(Said):
    """The answer of /api/v2/status; the configuration is YAML."""

    config: _Configuration
    cluster: _Cluster = _Cluster()


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """What there is to judge of an Alertmanager.

    `heartbeats` are the labels of each that came, `members` how many its cluster has, itself
    included, or 0 where it is alone.
    """

    routing: Routing
    silences: tuple[Silence, ...]
    heartbeats: tuple[Labels, ...]
    members: int = 0
