"""Alertmanager's matchers: what silences, inhibitions and routes ask of an alert's labels. Pure.

Format: prometheus.io/docs/alerting/latest/configuration/#matcher. A label that an alert lacks is an
empty one.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Labels = Mapping[str, str]

_MATCHER = re.compile(
    r'\s*("?)(?P<name>[^"=!~\s]+)\1\s*(?P<operator>=~|!~|!=|=)\s*'
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^"]*?))\s*',
    re.DOTALL,
)
_ESCAPES = {r"\n": "\n", r"\"": '"', r"\\": "\\"}


class MatcherError(ValueError):
    """A matcher that can't be read, or a regular expression that isn't understood here."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on one label; `operator` is one of =, !=, =~ and !~."""

    name: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f'{self.name}{self.operator}"{self.value}"'

    def matches(self, labels: Labels) -> bool:
        """Tell whether labels meet the condition.

        Raises:
            MatcherError: the regular expression isn't one of Python's as well.
        """
        value = labels.get(self.name, "")
        equal = self._fits(value) if "~" in self.operator else value == self.value
        return equal != self.operator.startswith("!")

    def _fits(self, value: str) -> bool:
        # RE2 and Python differ in little. What only RE2 has, such as [[:alpha:]] or \pL, is an
        # error or a warning here.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                return re.fullmatch(self.value, value, re.ASCII) is not None
            except (re.error, Warning, OverflowError, RecursionError) as error:
                raise MatcherError(f"{self} can't be evaluated here ({error})") from error


def parse_matcher(text: object) -> Matcher:
    """Return a matcher from how it is written, such as severity=~"warning|critical".

    Raises:
        MatcherError: it is none.
    """
    found = _MATCHER.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise MatcherError(f"{text!r} is no matcher")
    quoted = found["quoted"]
    value = (
        found["plain"]
        if quoted is None
        else re.sub(r"\\.", lambda escape: _ESCAPES.get(escape[0], escape[0]), quoted)
    )
    return Matcher(found["name"], found["operator"], value)


def match_all(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Tell whether labels meet all conditions; the plain ones are asked first.

    Raises:
        MatcherError: it hangs on one that isn't understood here.
    """
    in_turn = sorted(matchers, key=lambda matcher: "~" in matcher.operator)
    return all(matcher.matches(labels) for matcher in in_turn)


def written(matchers: Iterable[Matcher]) -> str:
    """Return conditions as people write them: {a="b", c=~"d|e"}."""
    return "{" + ", ".join(str(matcher) for matcher in matchers) + "}"
