"""What is remembered of peers from poll to poll."""

from __future__ import annotations


class Memory:
    """Kept by whoever asks the same peers again; nothing in it is needed to be right."""
