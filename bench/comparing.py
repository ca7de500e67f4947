"""New figures beside those that are committed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.bars import Bar, find

_NOTICED = 0.1
"""By how much of itself a figure has to be worse before that is called so."""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, now and before; `bar` is None where it has none, `before` where none is known."""

    figure: str
    value: Any
    spread: Mapping[str, Any] | None
    bar: Bar | None
    met: bool
    before: Any
    spread_before: Mapping[str, Any] | None

    @property
    def change(self) -> float | None:
        """Return by how much of itself it changed, None: that can't be told."""
        if not (_is_number(self.value) and _is_number(self.before)) or not self.before:
            return None
        return float(self.value / self.before - 1)

    @property
    def worse(self) -> bool:
        """Tell whether it misses a bar that it met, or is worse by more than its runs differ."""
        if self.bar is None or self.before is None:
            return False
        if self.bar.allows(self.before) and not self.met:
            return True
        change = self.change or 0.0
        if (change if self.bar.least is None else -change) <= _NOTICED:
            return False
        return self._apart()

    def _apart(self) -> bool:
        """Tell whether no run now was like one before."""
        now, then = self.spread, self.spread_before
        if now is None or then is None:
            return True
        return bool(now["min"] > then["max"] or now["max"] < then["min"])


def rows(
    entry: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    bars: Sequence[Bar],
    told: Sequence[str],
) -> Iterator[Row]:
    """Return the rows of a measurement: figures with bars first, then the others worth telling.

    `entry` and `before` are as `bench.results` keeps them.
    """
    by_name = {bar.figure: bar for bar in bars}
    figures, past = entry.get("figures", {}), (before or {}).get("figures", {})
    for name in (*by_name, *told):
        bar = by_name.get(name)
        yield Row(
            figure=name,
            value=find(figures, name),
            spread=entry.get("spread", {}).get(name),
            bar=bar,
            met=bar is None or bar.met(figures),
            before=find(past, name),
            spread_before=(before or {}).get("spread", {}).get(name),
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
