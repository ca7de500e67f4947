"""What a decision about a chain comes to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from switcher.resolving.model import ResolveDecision


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision and the sentence for people; `pinned` are those to rely on alone from now on."""

    decision: ResolveDecision
    sentence: str
    pinned: tuple[str, ...] = ()
