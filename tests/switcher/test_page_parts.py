"""What each part of the status page tells, of a status that has all there is to tell."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from switcher.answers import DrillStatus
from switcher.feed import Sight
from switcher.model import Entry, EntryKind
from switcher.page.answers import POLICY
from switcher.page.writing import Writer
from switcher.resolving.answers import ChainsStatus, MatterStatus, PeerStatus, ReplicaStatus

from .test_verdict import NOW, WELL, WITNESS

MINUTE, DAY = 60, 86_400
PEERS = ChainsStatus(
    acting=True,
    actor="one",
    replica=ReplicaStatus("", 1200, "ab", "http://10.0.0.9:5000", 100, None),
    peers=[
        PeerStatus("p1", "canonical", 1200, "ab", None, None, ""),
        PeerStatus("p2", "behind", 1190, "cd", None, None, "lacks ten"),
    ],
    matters=[MatterStatus(8, "alert", "peer", "p2", NOW, NOW, "resolve", "It is brought along.")],
)
BUSY = replace(
    WELL,
    witnesses=[
        replace(
            WITNESS,
            term_since=int(NOW) - 15 * MINUTE,
            term_since_block=81_234_567,
            next_slot=int(NOW) + 40,
            drills=[
                DrillStatus("beta", "passed_over", NOW - 9 * DAY),
                DrillStatus("beta", "signed", NOW - 3 * DAY),
            ],
        )
    ],
    chains=PEERS,
)
ENTRIES = tuple(
    Entry(number, NOW + number, EntryKind(kind), value, "init0", 3, None, sentence, {})
    for number, (kind, value, sentence) in enumerate(
        [
            ("opened", "rotate_signing_key", "alpha is accused."),
            ("decision", "rotate", "alpha missed 3 blocks; beta is ready."),
            ("step", "broadcast", "Sent abc."),
            ("step", "in_block", "In block 81,234,570."),
            ("step", "on_air", "beta signed block 81,234,580."),
            ("ended", "on_air", "beta is on air."),
        ],
        start=1,
    )
)


class _Read(HTMLParser):
    """What a reader sees, its white space evened out, and the attributes of elements."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.attributes: dict[str, str | None] = {}
        self._text: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.update(attrs)

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self._text))


def part(name: str, sight: Sight) -> _Read:
    markup = Writer(lambda: ()).parts[name](sight).decode()
    return _Read(re.sub(r"^(event|data): ?", "", markup, flags=re.MULTILINE))


@pytest.mark.parametrize(
    "told",
    [
        "alpha on air since",
        "15 min ago",
        "block 81,234,567",
        "beta ready signed 3 d ago",
        "alpha on air never",
        "Rotations left today 6",
        "Key at hand may sign",
        "Replica 1,200 blocks",
        "p2 behind, 1,190 blocks lacks ten",
        "incident 8 , resolve: It is brought along.",
        "3 of 3 can be used",
    ],
)
def test_stage_tells(told: str) -> None:
    text = part("stage", Sight(1, BUSY)).text
    assert told in text, text


def test_a_host_that_was_on_air_all_along_is_said_to_be() -> None:
    unmoved = replace(WITNESS, term_since=None, term_since_block=None)
    text = part("stage", Sight(1, replace(BUSY, witnesses=[unmoved]))).text
    assert "alpha on air since before the first block that was read" in text


def test_stage_has_the_time_of_the_next_slot_for_who_counts_down() -> None:
    assert part("stage", Sight(1, BUSY)).attributes["data-slot"] == str(int(NOW) + 40)
    undrawn = replace(BUSY, witnesses=[replace(WITNESS, next_slot=None)])
    assert "Next slot not drawn yet" in part("stage", Sight(1, undrawn)).text


def test_timeline_tells_a_rotation_from_the_alert_to_the_first_block() -> None:
    text = part("timeline", Sight(1, BUSY, entries=ENTRIES)).text
    told = (
        *("Incident 3", "ended: on air", "alert alpha is accused."),
        *("rotate alpha missed 3 blocks; beta is ready.", "transaction Sent abc."),
        *("block In block 81,234,570.", "first block beta signed block 81,234,580."),
    )
    places = [text.index(each) for each in told]
    assert places == sorted(places)


def test_browsers_are_allowed_our_own_files_and_nothing_else() -> None:
    allowed = dict(rule.strip().split(" ", 1) for rule in POLICY.split(";"))
    assert allowed.pop("default-src") == "'none'"
    assert {"script-src", "form-action", "base-uri", "frame-ancestors"} <= allowed.keys()
    assert set(allowed.values()) == {"'self'", "'none'"}


def test_what_is_not_known_is_not_said_to_be_well() -> None:
    sight: Any = Sight(1, BUSY, "The journal can't be used.")
    text = part("headline", sight).text
    assert "Not known" in text and "The journal can't be used." in text
    assert "is on air" not in text
