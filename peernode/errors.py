"""What can go wrong in a node of the peer chain.

PeerNodeError
├── StoreError             the database can't be used
│   └── UnreachableError   … for there is no connection to it
├── ChainMovedError        the chain is not what it was when the work on it began
├── DepthError             more of our own blocks would be replaced than is allowed
├── RefusedError           a request that can't be met, with the HTTP status that says so
└── StoppingError          the node stops, and what was asked is not done any more
"""

from __future__ import annotations


class PeerNodeError(Exception):
    """Base of every error of the node; its text is a sentence for people."""


class StoreError(PeerNodeError):
    """The database could not be read or written."""


class UnreachableError(StoreError):
    """There was no connection to the database, or it was lost."""


class ChainMovedError(PeerNodeError):
    """Blocks were added or replaced meanwhile, so that what was prepared doesn't fit any more."""


class DepthError(PeerNodeError):
    """A longer chain would replace `depth` of our own blocks, which needs a person's consent."""

    def __init__(self, depth: int, allowed: int) -> None:
        super().__init__(
            f"It would replace {depth} of our own blocks; without a person {allowed} may be."
        )
        self.depth = depth
        self.allowed = allowed


class RefusedError(PeerNodeError):
    """A request can't be met; `status` is the HTTP answer."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class StoppingError(PeerNodeError):
    """The node is being stopped."""
