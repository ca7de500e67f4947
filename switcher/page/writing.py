"""What the status page says, from templates. Every text in them is escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from chains.settings import WitnessSettings
from chains.words import spelled
from switcher.feed import Sight
from switcher.naming import with_names
from switcher.page.assets import ASSETS
from switcher.page.timeline import grouped
from switcher.stream import event
from switcher.times import LONG_SINCE, ago, clock_time, date_and_time
from switcher.verdict import concerns_of, is_well

PAGE = 60
"""Entries of the journal that a page shows."""


class Writer:
    """Writes the page and its parts; `rings` have the names that stand for keys."""

    def __init__(self, rings: Callable[[], Sequence[WitnessSettings]]) -> None:
        self._rings = rings
        self._environment = Environment(
            loader=PackageLoader("switcher.page"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            clock_time=clock_time,
            date_and_time=date_and_time,
            ago=ago,
            iso=_iso,
            words=spelled,
            named=self._named,
        )
        self._environment.globals.update(
            asset=lambda name: ASSETS[name].url,
            concerns_of=concerns_of,
            long_since=LONG_SINCE,
        )
        self._environment.tests["well"] = is_well

    def write(self, template: str, **told: Any) -> str:
        """Return a page."""
        return self._environment.get_template(template).render(told)

    def page(self, sight: Sight, *, before: int | None, incident: int | None, **told: Any) -> str:
        """Return the status page at one moment; who reads it is in `told`.

        With `before` or `incident` its entries are older ones, or those of one incident.
        """
        return self.write(
            "page.html",
            sight=sight,
            groups=grouped(sight.entries),
            before=before,
            incident=incident,
            **told,
        )

    @property
    def parts(self) -> Mapping[str, Callable[[Sight], bytes]]:
        """What writes the events of the page's own stream, each of which replaces a part of it."""
        return {"headline": self._headline, "stage": self._stage, "timeline": self._timeline}

    def _headline(self, sight: Sight) -> bytes:
        return event("headline", self.write("headline.html", sight=sight))

    def _stage(self, sight: Sight) -> bytes:
        return event("stage", self.write("stage.html", sight=sight))

    def _timeline(self, sight: Sight) -> bytes:
        groups = grouped(sight.entries[-PAGE:])
        return event("timeline", self.write("timeline.html", groups=groups))

    def _named(self, sentence: str) -> str:
        return with_names(sentence, *self._rings())


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds")
