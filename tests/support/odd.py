"""Values that nobody should send, and what was right but for one or two of them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**31, 2**64, 10**400, float("inf"), float("nan"), -1, 0, 1.5]),
    st.text(max_size=12),
    st.sampled_from(
        ["", " " * 40, "f" * 40, "\ud800", "1.6.1", "1.6.-1", "1.6.٣", "BTS", "00" * 65]
    ),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.just([[21, {"witness": "1.6.1", "new_signing_key": 5}]]),
    st.just([{"operations": [[21, {"witness": "1.6.1", "fee": [], "witness_account": 5}]]}]),
).map(copy.deepcopy)  # or one value that is put into itself would go round in circles


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every member of a JSON value."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield (*path, key)
            yield from places(value[key], (*path, key))


def spoiled(value: Any) -> st.SearchStrategy[Any]:
    """Return values like the given one, with one or two members replaced or left out."""

    def spoil(changes: list[tuple[tuple[Any, ...], Any, bool]]) -> Any:
        result = copy.deepcopy(value)
        for path, odd, leave_out in changes:
            holder = result
            try:
                for key in path[:-1]:
                    holder = holder[key]
                if leave_out:
                    del holder[path[-1]]
                else:
                    holder[path[-1]] = odd
            except (KeyError, IndexError, TypeError):
                pass  # an earlier change took the place away
        return result

    change = st.tuples(st.sampled_from(list(places(value))), ODD, st.booleans())
    return st.lists(change, min_size=1, max_size=2).map(spoil)
