"""The figures that stand in a rule as well as in the switcher's policy. Pure."""

from __future__ import annotations

import re

from switcher.settings import Policy

THRESHOLD = re.compile(r">=\s*(\d+(?:\.\d+)?)")
"""Where a rule has it."""


def figure_of(name: str, policy: Policy) -> tuple[str, int] | None:
    """Return the figure of the policy that is a rule's threshold, with its name; None: has none."""
    figures = {
        "WitnessMissingBlocks": ("missed_blocks", policy.missed_blocks),
        "ProducerLagging": ("head_lag", policy.head_lag),
        "ProducerForked": ("head_lag", policy.head_lag),
    }
    return figures.get(name)


def fitted(name: str, expression: str, policy: Policy) -> str:
    """Return a rule's expression with the policy's figure for its threshold."""
    figure = figure_of(name, policy)
    return THRESHOLD.sub(f">= {figure[1]}", expression, count=1) if figure else expression
