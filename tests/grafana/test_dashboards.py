"""The dashboards as files: what an operator finds on every panel, and what keeps them right."""

from __future__ import annotations

import json
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from chains.standing import Verdict
from exporter import catalogue
from grafana.__main__ import main
from grafana.boards import BOARDS
from grafana.frame import WIDTH, written
from grafana.words import QUIET, VERDICTS
from switcher.metrics import Metrics
from switcher.resolving.metrics import ResolveMetrics

from .boards import FILES, GRAFANA, gathered_by, metrics, panels, queries, read

PROJECT = GRAFANA.parent
WIKI = "https://wiki.example.org/runbooks"
STEMS = [path.stem for path in FILES]


class _Kept:
    trouble = None
    resolution = None


def _told() -> set[str]:
    """Return the names of all series that exporter and switcher tell, and of recorded ones."""
    switcher = Metrics({"init0": ["alpha"]})
    ResolveMetrics(switcher.registry, lambda *_: None, [], _Kept())  # type: ignore[arg-type]
    told = {metric.name for metric in catalogue.all_metrics()}
    for family in switcher.registry.collect():
        told |= {sample.name for sample in family.samples} | {family.name}
    histogram = catalogue.NODE_RPC_DURATION.name
    told |= {f"{histogram}_bucket", f"{histogram}_sum", f"{histogram}_count", "ALERTS"}
    for path in (PROJECT / "alertmanager" / "rules").glob("*.yml"):
        for group in yaml.safe_load(path.read_text())["groups"]:
            told |= {rule["record"] for rule in group["rules"] if "record" in rule}
    return told


def test_there_are_the_four_dashboards() -> None:
    assert STEMS == ["network", "peers", "stage", "switcher"]


SHOWN = {
    "stage": {
        "state-timeline": ("producer_signing", "producer_canonical"),
        "heatmap": ("witness_missed_blocks_total",),
        "stat": ("witness_next_slot_timestamp", "producer_canonical", "drill_timestamp"),
        "timeseries": (
            *("fee_balance", "witness_votes", "witness_rank"),
            *("price_feed_timestamp", "price_feed_newest_timestamp"),
        ),
    },
    "network": {
        "timeseries": (
            *("participation_ratio", "node_head_block", "node_irreversible_block"),
            *("node_divergence_blocks", "rpc_duration_seconds:p95_5m"),
        ),
        "state-timeline": ("node_state",),
    },
    "switcher": {
        "timeseries": ("alerts_received_total", "decisions_total"),
        "stat": ("stage_duration_seconds:mean7d", "acting", "rotation_budget_remaining"),
    },
    "peers": {
        "timeseries": ("chain_length_blocks", "chain_divergence_blocks"),
        "state-timeline": ("chain_valid",),
    },
}
"""What an operator comes for, by the kind of panel that shows it: parts of metrics' names."""


@pytest.mark.parametrize("path", FILES, ids=STEMS)
def test_each_dashboard_shows_what_people_come_for(path: Path) -> None:
    board = read(path)
    for kind, wanted in SHOWN[path.stem].items():
        exprs = [
            t["expr"] for panel in panels(board) if panel["type"] == kind for t in panel["targets"]
        ]
        asked = " ".join(name for expr in exprs for name in metrics(expr))
        assert [name for name in wanted if name not in asked] == [], kind


def test_a_key_change_is_marked_in_the_graphs_of_the_stage() -> None:
    events = {
        e["name"]: e for e in read(GRAFANA / "dashboards" / "stage.json")["annotations"]["list"]
    }
    assert metrics(events["Key change"]["expr"]) == {"bitshares_witness_info"}
    assert events["Key change"]["enable"]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_files_are_those_that_the_code_writes(board: Any) -> None:
    path = GRAFANA / "dashboards" / f"{board.name}.json"
    assert path.read_text(encoding="utf-8") == written(board), "run `make dashboards`"
    assert written(board) == written(board)


def test_dashboards_for_runbooks_elsewhere_can_be_written_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["grafana", "--runbooks", f"{WIKI}/", str(tmp_path)])
    main()
    assert sorted(path.stem for path in tmp_path.iterdir()) == STEMS
    for path in tmp_path.iterdir():
        *_, variable = read(path)["templating"]["list"]
        assert (variable["name"], variable["query"]) == ("runbooks", WIKI)


@pytest.mark.parametrize("path", FILES, ids=STEMS)
def test_the_types_of_grafana_11_know_everything_in_the_files(path: Path) -> None:
    plugins.register_default_plugins()
    board = read(path)
    for event in board["annotations"]["list"]:
        for of_prometheus in ("target", "step", "textFormat", "titleFormat"):
            del event[of_prometheus]
    again = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))
    assert again == board


@pytest.mark.parametrize("path", FILES, ids=STEMS)
def test_each_panel_says_what_it_shows_in_which_unit_and_where_to_read_on(path: Path) -> None:
    for panel in panels(read(path)):
        title = panel["title"]
        assert panel["description"].endswith(".md"), title
        assert len(panel["description"].split()) > 5, title
        shown = panel["fieldConfig"]["defaults"]
        assert shown["unit"], title
        assert shown["noValue"], title
        (link,) = panel["links"]
        folder, page = link["url"].split("/")
        assert folder == "${runbooks:raw}"
        assert f"Runbook: docs/runbooks/{page}" in panel["description"]
        assert (PROJECT / "docs" / "runbooks" / page).is_file(), f"{title}: {page}"


@pytest.mark.parametrize("path", FILES, ids=STEMS)
def test_a_figure_that_nobody_told_is_grey_and_has_a_word(path: Path) -> None:
    for panel in panels(read(path)):
        if panel["type"] in ("stat", "bargauge"):
            *_, last = panel["fieldConfig"]["defaults"]["mappings"]
            assert (last["type"], last["options"]["match"]) == ("special", "null+nan")
            assert last["options"]["result"]["color"] == QUIET
            assert last["options"]["result"]["text"], panel["title"]


@pytest.mark.parametrize("path", FILES, ids=STEMS)
def test_the_data_source_is_everywhere_the_one_that_is_chosen(path: Path) -> None:
    board = read(path)
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    first, *others = board["templating"]["list"]
    assert (first["name"], first["type"], first["query"]) == (
        "datasource",
        "datasource",
        "prometheus",
    )
    asking = [variable for variable in others if variable["type"] == "query"]
    for each in (*panels(board), *board["annotations"]["list"], *asking):
        assert each["datasource"] == chosen
    for panel in panels(board):
        assert all(target["datasource"] == chosen for target in panel["targets"])


@pytest.mark.parametrize("path", FILES, ids=STEMS)
def test_no_two_panels_lie_on_each_other_and_none_sticks_out(path: Path) -> None:
    places = [panel["gridPos"] for panel in read(path)["panels"]]
    for one in places:
        assert one["x"] + one["w"] <= WIDTH
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below


def test_names_by_which_grafana_and_its_users_know_them_are_there_once() -> None:
    boards = [read(path) for path in FILES]
    assert {board["uid"] for board in boards} == {f"understudy-{stem}" for stem in STEMS}
    for board in boards:
        assert board["tags"] == ["understudy"]
        (link,) = board["links"]
        assert (link["type"], link["tags"], link["keepTime"]) == (
            "dashboards",
            ["understudy"],
            True,
        )
        numbers = [panel["id"] for panel in board["panels"]]
        assert all(before < after for before, after in pairwise(numbers))
        titles = [panel["title"] for panel in board["panels"]]
        assert len(titles) == len(set(titles))


@pytest.mark.parametrize("path", FILES, ids=STEMS)
def test_every_metric_that_is_asked_for_exists(path: Path) -> None:
    told = _told()
    board = read(path)
    for query in queries(board):
        assert metrics(query.expr), query.where
        assert metrics(query.expr) <= told, query.where
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            assert metrics(variable["query"]["query"]) <= told


@pytest.mark.parametrize("path", FILES, ids=STEMS)
def test_several_that_tell_the_same_are_never_added_up(path: Path) -> None:
    for query in queries(read(path)):
        assert all(word in ("max", "min") for _, word in gathered_by(query.expr)), query.where


def test_every_way_to_stand_has_a_word_and_a_figure_of_its_own() -> None:
    assert set(VERDICTS) == {*Verdict}
    assert len({state.figure for state in VERDICTS.values()}) == len(VERDICTS)
