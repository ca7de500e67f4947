"""The documentation as a site: it builds without a warning, and keeps to itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

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


@pytest.fixture(scope="module")
def site(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site, strictly: a link or anchor that leads nowhere is an error."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=repository,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


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


def test_every_page_of_the_repository_is_in_the_site(repository: Path, site: Path) -> None:
    docs = repository / "docs"
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


def test_no_page_shows_a_list_or_a_table_as_running_text(site: Path) -> None:
    broken = [
        (page.relative_to(site), found)
        for page in site.rglob("*.html")
        for found in re.findall(r"<p>[^<]*\n *(?:[-*|]|1\.) .*|.*\| ?-{3}.*", page.read_text())
    ]
    assert broken == []


def test_what_stands_beside_the_docs_comes_along(site: Path) -> None:
    page = (site / "shipped" / "alertmanager" / "index.html").read_text()
    assert "Prometheus and Alertmanager for Understudy" in page
    assert 'href="../../how-to/many-watchers.html"' in page
    assert (site / "shipped" / "alertmanager" / "alertmanager.yml").exists()
