"""Loading what a service consists of, which is most of what its start takes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Look for no garbage while modules are loaded, and never again among what they hold.

    More than a hundred thousand objects come to stay: looking through them takes a tenth of the
    start, and would later hold up the loop for some hundredths of a second each time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
