"""Figures that pages claim: links with a number that lead to a row of the table. Pure.

    [0.23 blocks](docs/benchmarks.md#policy.lost_blocks_per_crash)

The number in the text is the figure's, rounded to as many digits behind the point as are written;
what is measured in seconds may be told in ms or minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.bars import find

_LINK = re.compile(r"\[(?P<text>[^\[\]]+)\]\((?P<page>[^()#\s]*)#(?P<anchor>[a-z_]+\.[\w.]+)\)")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_SCALES = ((re.compile(r"\bms\b"), 1000.0), (re.compile(r"\bminutes?\b"), 1 / 60))


@dataclass(frozen=True, slots=True)
class Claim:
    """A link to a row: its text, the measurement and the figure that the row shows."""

    text: str
    page: str
    measurement: str
    figure: str

    @property
    def anchor(self) -> str:
        """Return the row's anchor."""
        return f"{self.measurement}.{self.figure}"

    def right(self, value: Any) -> str:
        """Return the text with the number that it should have; one without a number is right."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self.text
        scale = 1.0
        if "seconds" in self.figure:
            scale = next((by for wanted, by in _SCALES if wanted.search(self.text)), 1.0)

        def rounded(found: re.Match[str]) -> str:
            digits = len(found[0].partition(".")[2])
            return f"{value * scale:,.{digits}f}"

        return _NUMBER.sub(rounded, self.text, count=1)


def claims(text: str) -> Iterator[Claim]:
    """Return the claims of a page, in their order."""
    for link in _LINK.finditer(text):
        yield _claim(link)


def corrected(text: str, results: dict[str, Any]) -> str:
    """Return a page with the numbers that the results have; what they lack stays as it is."""

    def right(link: re.Match[str]) -> str:
        claim = _claim(link)
        value = value_of(claim, results)
        return link[0] if value is None else link[0].replace(claim.text, claim.right(value), 1)

    return _LINK.sub(right, text)


def value_of(claim: Claim, results: dict[str, Any]) -> Any:
    """Return the figure that a claim is about, None: the results have none."""
    entry = results["measurements"].get(claim.measurement, {})
    return find(entry.get("figures", {}), claim.figure)


def _claim(link: re.Match[str]) -> Claim:
    measurement, _, figure = link["anchor"].partition(".")
    return Claim(link["text"], link["page"], measurement, figure)
