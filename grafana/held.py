"""What the switcher makes of alerts: shown on Stage and Switcher."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard

from grafana.frame import Event
from grafana.panels import NONE, About, timeline
from grafana.queries import OURS, Query, lately
from grafana.words import OPEN, WATCH

_LATELY = lately("witness, decision", f"understudy_open_incidents{OURS}")


def held() -> dashboard.Panel:
    """Return a band for each decision about an open accusation, and one where nothing is open."""
    nothing = (
        f'label_replace(sum by (witness) ({_LATELY}) == 0, "decision", "nothing open", "", "")'
    )
    about = About(
        "What is held or planned",
        "Open accusations by the switcher's decision: rotate and not_yet mean that a replacement "
        "is under way, the others hold. A gap: no switcher told.",
        "RotationHeld",
        NONE,
    )
    told = Query(f"clamp_max({_LATELY} > 0, 1) or {nothing}", "{{witness}}: {{decision}}")
    return timeline(about, told, OPEN)


def accusations() -> Event:
    """Return the times in which an accusation was open."""
    text = "{{witness}}: the switcher says {{decision}}."
    return Event("Open accusation", f"{_LATELY} > 0", text, WATCH)
