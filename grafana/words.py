"""Words and colours for figures that stand for a state.

The colours are of the palette by Okabe and Ito, which people with any kind of colour vision can
tell apart; the word beside them says the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from grafana_foundation_sdk.models import dashboard

GOOD = "#0072B2"  # blue
FINE = "#56B4E9"  # sky blue
WATCH = "#E69F00"  # orange
BAD = "#D55E00"  # vermilion
ODD = "#CC79A7"  # purple
QUIET = "#8C8C8C"  # grey

UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class State:
    """A figure, the word that is shown for it, and its colour."""

    figure: int
    word: str
    colour: str


ON_AIR = (
    State(0, "backup", QUIET),
    State(1, "ON AIR", GOOD),
    State(2, "KEY OUTSIDE THE RING", BAD),
)
HOST = (
    State(0, "DOWN", BAD),
    State(1, "BEHIND OR FORKED", WATCH),
    State(2, "well", GOOD),
    State(3, "answers, chain not known", ODD),
    State(4, "not watched", QUIET),
    State(5, "NOT OURS", BAD),
)
ARMED = (State(0, "DISARMED: only watches", WATCH), State(1, "armed", GOOD))
ACTING = (State(0, "does not act", QUIET), State(1, "acts", GOOD))
ANYBODY_ACTS = (State(0, "NOBODY ACTS", BAD), State(1, "can be written", GOOD))
ALERT = (
    State(0, "none", GOOD),
    State(1, "info", FINE),
    State(2, "warning", WATCH),
    State(3, "critical", BAD),
)
OPEN = (State(0, "nothing open", GOOD), State(1, "open", WATCH))
PENDING = (State(0, "none", GOOD), State(1, "on its way", WATCH))
UP = (State(0, "DOWN", BAD), State(1, "up", GOOD))
VALID = (
    State(0, "INVALID", BAD),
    State(1, "valid", GOOD),
    State(2, "not examined yet", ODD),
    State(3, "DOWN", WATCH),
)
VERDICTS = {
    "canonical": State(8, "canonical", GOOD),
    "behind": State(1, "behind", WATCH),
    "stalled": State(2, "STALLED", BAD),
    "forked": State(3, "FORKED", BAD),
    "invalid": State(4, "INVALID", BAD),
    "wrong_chain": State(5, "WRONG CHAIN", BAD),
    "unreachable": State(6, "unreachable", QUIET),
    "unsynced": State(7, "not read yet", ODD),
}
"""By the words of `chains.standing.Verdict`."""


def mapped(*states: State) -> list[dashboard.ValueMapping]:
    """Return the value mapping that shows the words."""
    results = {
        str(state.figure): dashboard.ValueMappingResult(state.word, state.colour, index=index)
        for index, state in enumerate(states)
    }
    return [dashboard.ValueMap(results)]


def without_events(word: str) -> dashboard.ValueMapping:
    """Return the value mapping that shows a word for a mean or a quantile of nothing."""
    return _special(dashboard.SpecialValueMatch.NA_N, word)


def without_figure(word: str) -> dashboard.ValueMapping:
    """Return the value mapping that shows a word where nobody told anything.

    Grafana would show it in the colour of the lowest figure, which may be a good one.
    """
    return _special(dashboard.SpecialValueMatch.NULL_AND_NAN, word)


def _special(match: dashboard.SpecialValueMatch, word: str) -> dashboard.ValueMapping:
    result = dashboard.ValueMappingResult(word, QUIET, index=0)
    return dashboard.SpecialValueMap(dashboard.DashboardSpecialValueMapOptions(match, result))


def steps(lowest: str, *above: tuple[float, str]) -> dashboard.ThresholdsConfig:
    """Return the colours from the lowest figure on, and from each further one on."""
    first = dashboard.Threshold(value=None, color=lowest)
    further = [dashboard.Threshold(value=value, color=colour) for value, colour in above]
    return dashboard.ThresholdsConfig(dashboard.ThresholdsMode.ABSOLUTE, [first, *further])
