from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation.breaks import Break, explained

HOUSE = Path(__file__).parents[2]
DIFF = """\
--- switcher/guards.py
+++ switcher/guards.py
@@ -1,3 +1,3 @@
 def f(a):
-    return a > 1
+    return a >= 1
"""


def test_a_break_is_known_by_what_it_changed() -> None:
    assert Break.of_diff("a.py", DIFF) == Break("a.py", "return a > 1", "return a >= 1")


def test_every_explained_break_is_one_of_code_that_is_there() -> None:
    gone = [each for each in explained() if not _is_there(each)]
    assert not gone


def _is_there(each: Break) -> bool:
    lines = [line.strip() for line in (HOUSE / each.file).read_text(encoding="utf-8").splitlines()]
    return all(line in lines for line in each.was.splitlines())


def test_a_break_explained_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "explained.yaml"
    path.write_text('a.py: [{why: "so", breaks: [["x", "y"], ["x", "y"]]}]')
    with pytest.raises(ValueError, match="twice"):
        explained(path)
