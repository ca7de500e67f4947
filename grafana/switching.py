"""The dashboard Switcher: what it was told, what it decided, and what came of it."""

from __future__ import annotations

from grafana.alerts import named
from grafana.frame import Board, Choice, Event, Part, Row
from grafana.held import accusations, held
from grafana.panels import (
    COUNT,
    NONE,
    NOT_RECORDED,
    SECONDS,
    About,
    Colours,
    bars,
    lines,
    tile,
    timeline,
)
from grafana.queries import OURS, Query, alerts, grown, happened, most, now, within
from grafana.timing import DURATION, times
from grafana.words import (
    ACTING,
    ANYBODY_ACTS,
    ARMED,
    BAD,
    FINE,
    GOOD,
    WATCH,
    State,
    mapped,
    steps,
    without_events,
)

_STAGES = "alert_to_decision|decision_to_broadcast|broadcast_to_block|block_to_on_air"
_NO_SWITCHER = "no switcher is seen"
_MEAN = f'{DURATION}:mean7d{{stage=~"{_STAGES}"}}'
_INCIDENTS = most("witness, decision", f"understudy_open_incidents{OURS}")
_ROTATIONS = f"understudy_rotations_total{OURS}"


def _glance() -> Row:
    return Row.of(
        5,
        tile(
            About(
                "Journal",
                "A switcher acts for a witness only while it can write its journal; where none "
                "does, nobody rotates.",
                "NobodyActs",
                NONE,
                empty=_NO_SWITCHER,
            ),
            now(most("witness", f"understudy_acting{OURS}"), "{{witness}}"),
            Colours(mapped(*ANYBODY_ACTS)),
        ),
        tile(
            About(
                "Open accusations",
                "Alerts that are not done with, by the switchers' latest decision about them.",
                "RotationHeld",
                NONE,
                empty=_NO_SWITCHER,
            ),
            now(f"sum by (witness) ({_INCIDENTS})", "{{witness}}"),
            Colours(mapped(State(0, "none", GOOD)), steps(GOOD, (1, WATCH))),
        ),
        tile(
            About(
                "Rotations left today",
                "Of the budget of rotations by itself within 24 hours. At 0 it holds "
                "(budget_spent).",
                "RotationHeld",
                NONE,
                empty=_NO_SWITCHER,
            ),
            now(
                f"min by (witness) (understudy_rotation_budget_remaining{OURS})",
                "{{witness}}",
            ),
            Colours(mapped(State(0, "SPENT", BAD)), steps(BAD, (1, WATCH), (3, GOOD))),
        ),
        tile(
            About(
                "Armed",
                "Whether every switcher may rotate the witness by itself.",
                "ArmingDiffers",
                NONE,
                empty=_NO_SWITCHER,
            ),
            now(f"min by (witness) (understudy_armed{OURS})", "{{witness}}"),
            Colours(mapped(*ARMED)),
        ),
        tile(
            About(
                "Since the last heartbeat",
                "Prometheus sends each switcher one through Alertmanager every 15 s. Where it "
                "stays away, no other alert would arrive either.",
                "AlertPathBroken",
                SECONDS,
                empty=_NO_SWITCHER,
                decimals=0,
            ),
            now(
                "time() - max by (instance) (understudy_heartbeat_timestamp_seconds)",
                "{{instance}}",
            ),
            Colours(thresholds=steps(GOOD, (30, WATCH), (60, BAD))),
        ),
        tile(
            About(
                "From alert to on air",
                "Mean of seven days: from the alert to the first block of the new host, without "
                "the time that it waited for the latest moment that still helps.",
                "RotationFailed",
                SECONDS,
                empty=NOT_RECORDED,
                decimals=1,
            ),
            now(
                f"sum({most('stage', _MEAN)})",
                "mean",
            ),
            Colours([without_events("no rotation in 7 days")], steps(GOOD, (30, WATCH), (60, BAD))),
        ),
    )


def _what_happened() -> Row:
    return Row.of(
        8,
        bars(
            About(
                "Alerts in",
                "Alerts that a switcher received, and requests that it refused, by what became of "
                "them. Renewals of what is known already, and heartbeats, are left out.",
                "AlertPathBroken",
                COUNT,
                empty=_NO_SWITCHER,
                decimals=0,
            ),
            Query(
                happened(
                    "result",
                    'understudy_alerts_received_total{result!~"heartbeat|renewed|repeated"}',
                    "result",
                ),
                "{{result}}",
            ),
        ),
        bars(
            About(
                "Decisions by reason",
                "Each change of decision about a witness' key or a chain. All but rotate, resolve "
                "and report hold; the runbook says what each wants from you.",
                "RotationHeld",
                COUNT,
                empty=_NO_SWITCHER,
                decimals=0,
            ),
            Query(
                happened("action, decision", "understudy_decisions_total", "decision"),
                "{{decision}} {{action}}",
            ),
        ),
        bars(
            About(
                "What became of rotations",
                "Each step that a rotation made: broadcast, in_block, on_air and irreversible went "
                "well; the others failed.",
                "RotationFailed",
                COUNT,
                empty=_NO_SWITCHER,
                decimals=0,
            ),
            Query(happened("witness, outcome", _ROTATIONS, "outcome"), "{{outcome}} {{witness}}"),
        ),
    )


def _state() -> Row:
    return Row.of(
        8,
        held(),
        timeline(
            About(
                "Which switcher acts",
                "Of several on one database one acts for each witness; those with a journal of "
                "their own all do. A gap: that switcher was not seen.",
                "NobodyActs",
                NONE,
            ),
            Query(
                most("witness, instance", f"understudy_acting{OURS}"), "{{witness}}: {{instance}}"
            ),
            ACTING,
        ),
        lines(
            About(
                "Rotations left",
                "Of the budget of rotations by itself within 24 hours; it fills up again as they "
                "get a day old.",
                "RotationHeld",
                COUNT,
            ),
            Query(f"min by (witness) (understudy_rotation_budget_remaining{OURS})", "{{witness}}"),
            limits=steps(BAD, (1, GOOD)),
            least=0,
            stepped=True,
        ),
    )


def _events() -> tuple[Event, ...]:
    about_us = named("rotations.yml", "readiness.yml", "services.yml")
    done = within(_ROTATIONS, outcome="on_air")
    return (
        Event(
            "On air", f"{grown('witness', done)} > 0", "{{witness}}: a new host is on air.", FINE
        ),
        accusations(),
        Event(
            "Alert",
            alerts("alertname, severity, witness", alertname=about_us),
            "{{alertname}} ({{severity}}) {{witness}}",
            BAD,
        ),
    )


SWITCHER = Board(
    "switcher",
    "Switcher",
    "What the switcher was told, what it decided and why, and what came of it.",
    [Choice("witness", "Witness", "understudy_armed", "witness")],
    _events(),
    [
        Part("State", [_glance()]),
        Part("What happened", [_what_happened(), _state()]),
        Part("How long it took", [times()]),
    ],
)
