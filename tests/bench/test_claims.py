"""What pages claim is what was measured, and every figure that is claimed leads to its row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import pages
from bench.bars import find
from bench.claims import Claim, claims, corrected, value_of
from bench.results import FILE, read
from bench.run import ALL, named
from bench.surroundings import PROJECT

RESULTS = read(FILE)
README = PROJECT / "README.md"
PAGES = [README, *sorted((PROJECT / "docs").rglob("*.md"))]
CLAIMS = [
    pytest.param(page, claim, id=f"{page.relative_to(PROJECT)}:{claim.anchor}")
    for page in PAGES
    for claim in claims(pages.with_missed(page.read_text(encoding="utf-8"), ""))
]
KNOWN: dict[str, Any] = {
    "measurements": {"policy": {"figures": {"lost": 0.2263, "seconds": 104.6, "by": {"kill": 0.1}}}}
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_page_tells_what_was_measured(page: Path) -> None:
    assert RESULTS
    told = page.read_text(encoding="utf-8")
    assert told == pages.texts(RESULTS)[page], f"{page.name} is stale; do: make figures"


@pytest.mark.parametrize(("page", "claim"), CLAIMS)
def test_each_claim_leads_to_a_row_of_a_figure_that_was_measured(page: Path, claim: Claim) -> None:
    assert RESULTS
    led_to = (page.parent / claim.page).resolve() if claim.page else page
    assert led_to == pages.TABLES
    assert claim.anchor in pages.anchors(pages.TABLES.read_text(encoding="utf-8"))
    assert value_of(claim, RESULTS) is not None, f"{claim.anchor} is claimed, but not measured"


def test_the_readme_claims_what_a_dead_host_costs_and_how_soon_all_is_seen() -> None:
    claimed = {claim.anchor for claim in claims(README.read_text(encoding="utf-8"))}
    assert claimed >= {
        "policy.lost_blocks_per_crash",
        "policy.polling_lost_blocks_per_crash",
        "first_sight.failover_seen_seconds",
    }


@pytest.mark.parametrize("name", ALL)
def test_each_measurement_has_a_table_with_a_row_for_each_bar(name: str) -> None:
    text = pages.TABLES.read_text(encoding="utf-8")
    assert name in pages.blocks(text)
    wanted = {f"{name}.{bar.figure}" for bar in named(name).bars}
    assert wanted <= pages.anchors(text)


@pytest.mark.parametrize("page", [README, pages.TABLES], ids=lambda page: page.name)
def test_what_falls_short_is_called_by_the_words_of_its_row(page: Path) -> None:
    words = pages.words_of(pages.TABLES.read_text(encoding="utf-8"))
    missed = page.read_text(encoding="utf-8").partition("<!-- missed bars -->")[2]
    named = list(claims(missed.partition("<!-- end of missed bars -->")[0]))
    assert named
    assert [claim.text for claim in named] == [words[claim.anchor] for claim in named]


def results_of(**entries: dict[str, Any]) -> dict[str, Any]:
    return {"date": "today", "commit": "abc", "measurements": entries}


def test_a_bar_without_a_figure_falls_short() -> None:
    entry = {"figures": {"first_paint_ms_p50": None, "transferred_kb": 24}, "bars": []}
    told = pages.missed(results_of(page=entry), {}, "")
    assert "- [first_paint_ms_p50](#page.first_paint_ms_p50): not measured" in told
    assert "transferred_kb" not in told


def test_a_figure_without_a_bar_that_was_not_measured_is_told() -> None:
    figures = {"first_paint_ms_p50": 20, "transferred_kb": 24}
    told = pages.missed(results_of(page={"figures": figures}), {}, "")
    assert "- page: figures without a bar that were not measured: 1\n" in told
    figures["first_paint_ms_p95"] = 30
    assert "- page" not in pages.missed(results_of(page={"figures": figures}), {}, "")


def test_it_is_told_of_how_many_runs_and_commits_the_results_are() -> None:
    one = {"figures": {}, "run": {"date": "today", "commit": "abc"}}
    other = {"figures": {}, "run": {"date": "later", "commit": "abc"}}
    assert "Runs:" not in pages.missed(results_of(page=one, start=one), {}, "")
    told = pages.missed(results_of(page=one, start=other), {}, "")
    assert "Runs: 2, of commits: 1; each table tells of which it is." in told


def test_a_claim_is_rounded_as_it_is_written_and_follows_the_results() -> None:
    text = (
        "Costs [0.25 blocks](b.md#policy.lost), [3 s](b.md#policy.seconds), "
        "[0.2](#policy.by.kill), "
        "[90,000 ms](#policy.seconds), [9.0 minutes](#policy.seconds), [more](#policy.lost), "
        "[4](#policy.none), [5](#elsewhere)."
    )
    assert corrected(text, KNOWN) == (
        "Costs [0.23 blocks](b.md#policy.lost), [105 s](b.md#policy.seconds), "
        "[0.1](#policy.by.kill), "
        "[104,600 ms](#policy.seconds), [1.7 minutes](#policy.seconds), [more](#policy.lost), "
        "[4](#policy.none), [5](#elsewhere)."
    )


@pytest.mark.parametrize("name", ALL)
def test_each_row_is_of_a_figure_that_is_told_or_was_measured(name: str) -> None:
    assert RESULTS
    measurement = named(name)
    # Of what was not measured nobody knows what else it finds: its rows must all be told ones.
    figures = RESULTS["measurements"].get(name, {}).get("figures", {})
    known = {*(bar.figure for bar in measurement.bars), *measurement.told}
    rows = pages.anchors(pages.TABLES.read_text(encoding="utf-8"))
    own = [row.removeprefix(f"{name}.") for row in rows if row.startswith(f"{name}.")]
    assert [row for row in own if row not in known and find(figures, row) is None] == []


def test_rows_keep_their_words_and_tell_what_was_missed() -> None:
    old = '| <a id="page.transferred_kb"></a>what `is` sent | 1 |\n'
    entry = {"figures": {"transferred_kb": 61.2}, "seconds": 5}
    entry |= {"load_begin": 1, "load_end": 2, "cores_others": 0.6, "cores_stolen": 0}
    head = {"date": "today", "commit": "abc", "dirty": True}
    machine = {"cores": 2, "cpu": "Some", "memory_gb": 4}
    results = {**head, "machine": machine, "failed": [], "measurements": {"page": entry}}
    before = f"<!-- figures: page -->\n{old}<!-- end of figures -->"
    told = pages.with_tables(before, results)
    assert "</a>what `is` sent | 61.2 kB |  | at most 60 kB | **missed** |\n" in told
    assert "</a>`first_paint_ms_p50` | not measured |  | at most 200 ms |  |\n" in told
    assert "other work had 0.6 cores: a busy machine" in told
    assert pages.with_tables(told, results) == told
