"""What MkDocs calls while it builds the site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from manual.beside import Beside
from manual.contents import expanded
from manual.lists import in_steps

_BESIDE = "beside"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put pages in the place of folders, those that stand beside docs/ among them."""
    docs = Path(config.docs_dir)
    config.extra[_BESIDE] = beside = Beside(docs)
    config.nav = expanded(config.nav or [], docs, beside.pages())
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add what pages link to outside docs/."""
    beside: Beside = config.extra[_BESIDE]
    for path in beside.files():
        files.append(File.generated(config, beside.place(path), abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Bring lists into the form that is wanted, and lead links to where things are in the site."""
    beside: Beside = config.extra[_BESIDE]
    assert page.file.abs_src_path
    return beside.led(in_steps(markdown), Path(page.file.abs_src_path).resolve())
