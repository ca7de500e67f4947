"""What can go wrong while a chain is read.

ChainError
├── MalformedDataError         bytes or JSON that are not what the protocol says
│   ├── MalformedKeyError      a public key's text
│   └── InvalidSignatureError  a signature nobody can have made
├── UnpackableOperationError   an operation whose binary form is not known here
├── InvalidBlockError          a block that breaks a rule of the chain
├── PeerError                  a node of the peer chain, or the way to it
│   ├── AddressRefusedError    an address that may not be called
│   ├── PeerUnreachableError   no connection, it broke, or no answer in time
│   ├── PeerReplyError         an answer that is not what was asked for
│   └── TooMuchError           more than a peer may send
└── NodeError                  a node, or the way to it
    ├── NodeUnreachableError   no connection, or it broke
    ├── NodeTimeoutError       no answer within the deadline
    ├── WrongChainError        the node is on another chain
    ├── BadReplyError          an answer that is not what was asked for
    └── NodeRefusedError       the node's own error reply, with its numeric code
"""

from __future__ import annotations

from chains.words import printable


class ChainError(Exception):
    """Base of every error that reading a chain raises."""


class MalformedDataError(ChainError):
    """Bytes or JSON that do not have the form that the protocol prescribes."""


class MalformedKeyError(MalformedDataError):
    """The text of a public key is not valid."""


class InvalidSignatureError(MalformedDataError):
    """A signature that is not canonical, or from which no key can be recovered."""


class UnpackableOperationError(ChainError):
    """An operation of which this project does not know the binary form."""

    def __init__(self, operation: int) -> None:
        super().__init__(f"operation {operation} can't be serialised here")
        self.operation = operation


class InvalidBlockError(ChainError):
    """A block breaks a rule of the chain; `reason` is a short stable word for it."""

    def __init__(self, number: int, reason: str, detail: str) -> None:
        super().__init__(f"block {number}: {reason}: {detail}")
        self.number = number
        self.reason = reason


class PeerError(ChainError):
    """Something is wrong with a peer or the way to it; `peer` is its name, or its address."""

    def __init__(self, peer: str, message: str) -> None:
        super().__init__(f"{printable(peer, 200)}: {message}")
        self.peer = peer
        self.detail = message


class AddressRefusedError(PeerError):
    """The address is none that may be called: not http, not public, or with credentials in it."""


class PeerUnreachableError(PeerError):
    """There is no connection to the peer, it broke, or there was no answer in time."""


class PeerReplyError(PeerError):
    """The answer is not of the form that was asked for."""


class TooMuchError(PeerError):
    """The peer sent more than it may."""


class NodeError(ChainError):
    """Something is wrong with a node or the way to it; `node` is its configured name."""

    def __init__(self, node: str, message: str) -> None:
        super().__init__(f"{node}: {message}")
        self.node = node
        self.detail = message


class NodeUnreachableError(NodeError):
    """There is no connection to the node, or it broke."""


class NodeTimeoutError(NodeError):
    """The node did not answer within the deadline."""


class WrongChainError(NodeError):
    """The node follows another chain than the configured one."""

    def __init__(self, node: str, expected: str, found: str) -> None:
        super().__init__(node, f"is on chain {found}, the configuration says {expected}")
        self.expected = expected
        self.found = found


class BadReplyError(NodeError):
    """The answer is not of the form that the call promises."""


class NodeRefusedError(NodeError):
    """The node answered with an error; `code` is the node's numeric code."""

    def __init__(self, node: str, code: int, message: str) -> None:
        super().__init__(node, f"error {code}: {message}")
        self.code = code
        self.message = message
