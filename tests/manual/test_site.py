"""The documentation as a site: it builds without a warning, and keeps to itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from manual.beside import Beside
from tests.manual.pages import ROOT

_LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "link": "href",
    "source": "src",
    "object": "data",
    "use": "href",
    "form": "action",
}
_IN_STYLES = re.compile(r"(?:url\(|@import\s+)[\"']?([^\"')\s]+)")


def build(project: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site as `make docs` does, into a folder."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    (words,) = re.findall(r"(mkdocs build .*?)  #", recipe)
    return subprocess.run(
        [sys.executable, "-m", *words.split(), "--site-dir", folder],
        cwd=project,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(ROOT, folder)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.mark.parametrize("link", ["nowhere.md", "index.md#nowhere", "/index.html"])
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path, link: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(f"# Page\n\nIt [leads]({link}) nowhere.\n")
    shutil.copytree(ROOT / "manual", tmp_path / "manual")
    (tmp_path / "mkdocs.yml").write_text(
        re.sub(r"nav:\n(?: +- .*\n| .*:\n)+", "", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    )
    built = build(tmp_path, tmp_path / "site")
    assert built.returncode != 0
    assert link in built.stderr


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in (_LOADED.get(tag), "srcset", "poster"):
                self.loads.append(value)
            elif value and name == "style":
                self.loads += _IN_STYLES.findall(value)


def _loaded(site: Path) -> Iterator[tuple[Path, str]]:
    for page in site.rglob("*.html"):
        yield from ((page, address) for address in _Page(page.read_text()).loads)
    for style in site.rglob("*.css"):
        yield from ((style, address) for address in _IN_STYLES.findall(style.read_text()))


def test_every_page_of_the_repository_is_in_the_site(site: Path) -> None:
    docs = ROOT / "docs"
    for page in docs.rglob("*.md"):
        name = page.with_name("index.md") if page.name == "README.md" else page
        assert (site / name.relative_to(docs)).with_suffix(".html").exists(), page


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    loaded = list(_loaded(site))
    assert any(page.name == "index.html" for page, _ in loaded)
    elsewhere = [
        (page.relative_to(site), address)
        for page, address in loaded
        if urlsplit(address).netloc or urlsplit(address).scheme not in ("", "data")
    ]
    assert elsewhere == []
    # For a diagram of this kind the theme's own script would fetch one.
    assert not any('class="mermaid"' in page.read_text() for page in site.rglob("*.html"))


def test_no_page_shows_a_list_a_table_or_a_block_as_running_text(site: Path) -> None:
    broken = [
        (page.relative_to(site), found)
        for page in site.rglob("*.html")
        for found in re.findall(
            r"<p>[^<]*\n *(?:[-*|]|1\.) .*|.*\| ?-{3}.*|.*```.*", page.read_text()
        )
    ]
    assert broken == []


def test_what_stands_beside_the_docs_comes_along(site: Path) -> None:
    page = (site / "shipped" / "alertmanager" / "index.html").read_text()
    assert "Prometheus and Alertmanager for Understudy" in page
    assert 'href="../../how-to/many-watchers.html"' in page
    assert (site / "shipped" / "alertmanager" / "alertmanager.yml").exists()


def test_a_folder_without_a_page_is_no_link(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "bare").mkdir(parents=True)
    (docs / "full").mkdir()
    (docs / "full" / "README.md").touch()
    page = docs / "page.md"
    page.write_text(
        "[a b](bare), [c](full), [d](../docs/bare), `[e](bare)`, [f](https://g.example)"
    )
    assert Beside(docs).led(page.read_text(), page) == (
        "a b, [c](full/README.md), d, `[e](bare)`, [f](https://g.example)"
    )
