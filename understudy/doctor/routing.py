"""Whether Alertmanager's routes lead to the switcher, at once and at all times. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from switcher.settings import SwitcherSettings
from switcher.webhook import HEARTBEAT, MOST_ALERTS
from understudy.doctor.alertmanager import Route, Routing, Webhook
from understudy.doctor.finding import Finding, failure, warning
from understudy.doctor.matching import Labels, MatcherError, match_all, written
from understudy.doctor.raised import named

_HIDDEN = "<secret>"
_TO_HTTPS = "make it https://, with the certificate as ca_file in the http_config's tls_config"
_EACH_ALONE = "..."
"""As a label to group by: all of them."""

_DEFAULTS = Route.model_validate(
    {"group_by": [], "group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h"}
)


@dataclass(frozen=True, slots=True)
class _Way:
    """A route that leads alerts to a webhook."""

    route: Route
    webhook: Webhook
    alerts: list[Labels]

    @property
    def url(self) -> str:
        """The webhook's address, as far as it is shown."""
        return self.webhook.url or _HIDDEN


def routes_of(route: Route, alert: Labels) -> list[Route]:
    """Return the routes that an alert takes, with what they take over from those around them.

    Raises:
        MatcherError: a regular expression isn't understood here.
    """
    found: list[Route] = []
    for child in route.routes:
        if match_all(child.conditions, alert):
            found += routes_of(child.within(route), alert)
            if not child.goes_on:
                break
    return found or [route.model_copy(update={"routes": ()})]


def judge_routes(
    routing: Routing, alerts: Sequence[Labels], switcher: SwitcherSettings
) -> Iterator[Finding]:
    """Yield what keeps these alerts from the switcher, or delays them."""
    try:
        ways = _ways(routing, alerts)
    except MatcherError as error:
        yield warning("routes", f"{error}; see for yourself: amtool config routes test")
        return
    there = [way for way in ways if _leads_to(way.url, switcher)]
    troubles = [(way, [*_times(way), *_delays(way, switcher), *_crowds(way)]) for way in there]
    told = [*_astray(ways, there, alerts, switcher), *_spoken(there, switcher)]
    for alert in alerts:
        # One good way is enough; the others may be those of another switcher, or of people.
        best = min((found for way, found in troubles if alert in way.alerts), key=len, default=[])
        told += [finding for finding in best if finding not in told]
    yield from told or [Finding("routes", text=_there(there, switcher))]


def _there(ways: Sequence[_Way], switcher: SwitcherSettings) -> str:
    proxies = sorted({way.url for way in ways if not _is_its_own(way.url, switcher)})
    place = f"{', '.join(proxies)}, a proxy's," if proxies else "the switcher"
    return f"lead to {place} at once"


def _ways(routing: Routing, alerts: Sequence[Labels]) -> list[_Way]:
    webhooks = {each.name: each.webhooks for each in routing.receivers}
    ways: list[_Way] = []
    for alert in alerts:
        for route in routes_of(routing.route.within(_DEFAULTS), alert):
            for hook in webhooks.get(route.receiver or "", ()):
                known = (way for way in ways if (way.route, way.webhook) == (route, hook))
                if way := next(known, None):
                    way.alerts.append(alert)
                else:
                    ways.append(_Way(route, hook, [alert]))
    return ways


def _leads_to(url: str, switcher: SwitcherSettings) -> bool:
    through_proxy = switcher.behind_proxy and url.rstrip("/").endswith("/alerts")
    return through_proxy or _is_its_own(url, switcher)


def _is_its_own(url: str, switcher: SwitcherSettings) -> bool:
    # Which host stands for the switcher's is not known here; its port and path tell enough.
    return url == _HIDDEN or url.rstrip("/").endswith(f":{switcher.port}/alerts")


def _astray(
    ways: Sequence[_Way],
    there: Sequence[_Way],
    alerts: Sequence[Labels],
    switcher: SwitcherSettings,
) -> Iterator[Finding]:
    lost = [alert for alert in alerts if not any(alert in way.alerts for way in there)]
    if not lost:
        return
    here = f"the switcher's {switcher.host}:{switcher.port}/alerts"
    others = sorted({way.url for way in ways if any(alert in way.alerts for alert in lost)})
    if others:
        text = f"{named(lost)} goes to {', '.join(others)}, not to {here}"
        yield warning("routes", f"{text}; right only if a proxy there leads to the switcher")
    else:
        text = f"{named(lost)} reaches no webhook; lead it first of all to {here}"
        yield failure("routes", f"{text}, as in alertmanager/alertmanager.yml")


def _spoken(ways: Sequence[_Way], switcher: SwitcherSettings) -> Iterator[Finding]:
    for url in sorted({way.url for way in ways if way.url != _HIDDEN}):
        if not _is_its_own(url, switcher):
            if not url.startswith("https://"):
                text = f"{url} is no HTTPS, so that the token passes in the clear"
                yield warning("routes", f"{text}; make it https://, if the proxy is elsewhere")
        elif url.startswith(f"{switcher.scheme}://"):
            continue
        elif switcher.tls:
            text = f"{url} is no HTTPS, and the switcher speaks nothing else, so that no alert gets"
            yield failure("routes", f"{text} there and the token passes in the clear; {_TO_HTTPS}")
        else:
            text = (
                f"{url} is HTTPS, and the switcher speaks plain HTTP, so that no alert gets there"
            )
            yield failure("routes", f"{text}; make it http://, or give the switcher tls")


def _told(way: _Way) -> str:
    return f"route {written(way.route.conditions)} to {way.route.receiver}"


def _times(way: _Way) -> Iterator[Finding]:
    muted, active = way.route.mute_time_intervals, way.route.active_time_intervals
    if muted:
        text = f"is mute in the times {', '.join(muted)}, in which no rotation is made"
        yield failure(_told(way), f"{text}; remove mute_time_intervals")
    if active:
        text = f"speaks only in the times {', '.join(active)}, so that else no rotation is made"
        yield failure(_told(way), f"{text}; remove active_time_intervals")


def _delays(way: _Way, switcher: SwitcherSettings) -> Iterator[Finding]:
    route = way.route
    if route.group_wait:
        text = f"holds an alert back for {route.group_wait:g} s; set group_wait: 0s"
        yield warning(_told(way), text)
    repeated = (route.repeat_interval or 0) + (route.group_interval or 0)
    heartbeat = any(alert["alertname"] == HEARTBEAT for alert in way.alerts)
    name, limit = (
        ("heartbeat_timeout", switcher.heartbeat_timeout)
        if heartbeat
        else ("incident_renewal", switcher.incident_renewal)
    )
    if repeated >= limit:
        text = f"repeats an alert after up to {repeated:g} s, and switcher.{name} is {limit} s"
        yield failure(
            _told(way),
            f"{text}, so the switcher takes it for gone in between; "
            "shorten repeat_interval and group_interval",
        )


def _crowds(way: _Way) -> Iterator[Finding]:
    grouped = _EACH_ALONE not in (way.route.group_by or ())
    if grouped and not 0 < way.webhook.max_alerts <= MOST_ALERTS:
        text = f"may send a group of more than {MOST_ALERTS} alerts at once, which the switcher"
        yield warning(
            _told(way), f"{text} refuses whole; set group_by: ['...'], or max_alerts: 100"
        )
