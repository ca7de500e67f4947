"""Lists of the pages, as the site's reader wants them."""

from __future__ import annotations

from manual.lists import in_steps

PAGE = """\
Before it:
- one
  goes on
  - nested
- two

1. first:

   ```console
   $ - no item
     1. nor this
   ```

   and more
10. tenth
    goes on

After it - no list
2026. nor this

    - code
"""
WANTED = """\
Before it:

- one
    goes on
    - nested
- two

1. first:

    ```console
    $ - no item
      1. nor this
    ```

    and more
10. tenth
    goes on

After it - no list
2026. nor this

    - code
"""


def test_what_belongs_to_an_item_is_indented_by_four_spaces() -> None:
    assert in_steps(PAGE) == WANTED
