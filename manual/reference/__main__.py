"""`make reference`: write all pages of reference anew."""

from __future__ import annotations

from manual.reference.pages import FOLDER, PAGES

for name, page in PAGES.items():
    (FOLDER / name).write_text(page(), encoding="utf-8")
