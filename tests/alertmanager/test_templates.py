"""What people read of an alert, rendered by the real amtool."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from .tools import FOLDER, run

LONGEST = 4096
"""Characters of a message of Telegram's; Alertmanager cuts what is longer."""

TEMPLATES = sorted(
    name
    for path in (FOLDER / "templates").glob("*.tmpl")
    for name in re.findall(
        r'{{ define "(understudy\.(?:subject|text|telegram|slack\.\w+))" }}', path.read_text()
    )
    if name not in ("understudy.slack.plain", "understudy.slack.whom", "understudy.slack.page")
)


def alert(name: str = "ProducerDown", **more: Any) -> dict[str, Any]:
    return {
        "status": more.get("status", "firing"),
        "labels": {
            "alertname": name,
            "severity": more.get("severity", "critical"),
            "action": "rotate_signing_key",
            "signing_key": "BTSkey",
            **more.get("labels", {"witness": "init0", "producer": "alpha"}),
        },
        "annotations": {
            "summary": "The host that signs for a witness does not answer.",
            "description": more.get("description", "alpha does not answer. Look at its machine."),
            "runbook_url": f"docs/runbooks/{name}.md",
            **more.get("annotations", {}),
        },
        "startsAt": "2026-11-22T03:00:00Z",
        "endsAt": more.get("ends", "0001-01-01T00:00:00Z"),
    }


OVER = alert(status="resolved", ends="2026-11-22T03:05:07.4Z")


@pytest.fixture
def rendered(tmp_path: Path) -> Any:
    """Return how a template looks with some alerts of one group."""

    def render(template: str, *alerts: dict[str, Any], kind: str = "text") -> str:
        firing = any(each["status"] == "firing" for each in alerts)
        common = dict(set.intersection(*(set(each["labels"].items()) for each in alerts)))
        data = {
            "receiver": "people",
            "status": "firing" if firing else "resolved",
            "alerts": alerts,
            "groupLabels": {"alertname": alerts[0]["labels"]["alertname"]},
            "commonLabels": common,
            "commonAnnotations": {},
            "externalURL": "http://127.0.0.1:9093",
        }
        path = tmp_path / "data.json"
        path.write_text(json.dumps(data))
        return run(
            *("amtool", "template", "render", f"--template.type={kind}"),
            f"--template.glob={FOLDER / 'templates' / '*.tmpl'}",
            f"--template.data={path}",
            f'--template.text={{{{ template "{template}" . }}}}',
        )

    return render


def test_a_message_on_a_phone_tells_what_whom_and_what_to_do(rendered: Any) -> None:
    assert rendered("understudy.telegram", alert(annotations={"on_air": "alpha"})).strip() == (
        "🔴 <b>ProducerDown</b> alpha init0\n"
        "alpha does not answer. Look at its machine.\n"
        "On air: <b>alpha</b>\n"
        "What to do: docs/runbooks/ProducerDown.md"
    )


def test_the_end_looks_different_and_says_how_long_it_took(rendered: Any) -> None:
    told = rendered("understudy.telegram", OVER).strip()
    assert told == "✅ <b>ProducerDown</b> alpha init0 is over after 5m7s"


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_end_of_an_alert_says_so_and_gives_no_orders(rendered: Any, template: str) -> None:
    told = rendered(template, OVER)
    assert "🔴" not in told
    assert "What to do" not in told
    assert told != rendered(template, alert())


@pytest.mark.parametrize(
    ("severity", "mark"), [("critical", "🔴"), ("warning", "🟠"), ("info", "🔵")]
)
@pytest.mark.parametrize(
    "template", ["understudy.telegram", "understudy.text", "understudy.subject"]
)
def test_how_urgent_it_is_shows_at_once(
    rendered: Any, template: str, severity: str, mark: str
) -> None:
    assert rendered(template, alert(severity=severity)).startswith(mark)


def test_what_an_alert_quotes_is_no_markup_of_telegrams(rendered: Any) -> None:
    odd = "<b>&\"'</b>"
    one = alert("A", labels={"node": odd}, description=odd, annotations={"on_air": odd})
    for kind in ("text", "html"):  # Alertmanager renders it as the one or the other
        page = _Marks(rendered("understudy.telegram", one, kind=kind))
        assert page.marks == ["b", "b"]
        assert page.text.count(odd) == 3


def test_what_an_alert_quotes_is_no_markup_of_slacks(rendered: Any) -> None:
    told = rendered("understudy.slack.text", alert("A", labels={"node": "<!channel> & co"}))
    assert "&lt;!channel&gt; &amp; co" in told


def test_many_alerts_fit_into_a_message_of_telegrams(rendered: Any) -> None:
    many = [
        alert(labels={"witness": f"init{n}" + "x" * 40}, description="y" * 400) for n in range(40)
    ]
    told = rendered("understudy.telegram", *many)
    assert len(told) <= LONGEST
    assert "40 in all" in told
    assert _Marks(told).marks == ["b"] * told.count("</b>")


def test_a_subject_is_one_line(rendered: Any) -> None:
    assert rendered("understudy.subject", alert()).strip() == "🔴 ProducerDown alpha init0"
    told = rendered("understudy.subject", alert(), alert(labels={"witness": "init1"}), OVER)
    assert told.strip() == "🔴 2 firing, 1 over: ProducerDown"
    assert "\n" not in told.strip()


def test_every_shipped_alert_can_be_read_on_a_phone(rendered: Any) -> None:
    rules = [
        rule
        for path in (FOLDER / "rules").glob("*.yml")
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    alerts = [
        {
            **alert(rule["alert"], severity=rule["labels"]["severity"]),
            "annotations": rule["annotations"],
        }
        for rule in rules
    ]
    told = rendered("understudy.text", *alerts)
    for rule in rules:
        assert rule["annotations"]["runbook_url"] in told
    longest = max(len(rule["annotations"]["description"]) for rule in rules)
    assert longest < 400


class _Marks(HTMLParser):
    """The elements of a message, and what a reader sees."""

    def __init__(self, message: str) -> None:
        super().__init__()
        self.marks: list[str] = []
        self.text = ""
        self.feed(message)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.marks.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
