"""What can go wrong in the switcher.

SwitcherError
├── JournalError          the database can't be used
│   └── UnreachableError  … for there is no connection to it
├── OrderError            an order can't be taken
├── OverruledError        an incident ended, or its witness was disarmed, while it was acted upon
├── StandbyError          another switcher acts for the witness
├── TokenFileError        the file of tokens can't be used
├── SecretFileError       a key, wallet, passphrase or certificate file can't be used
├── ExposureError         strangers could listen in on what is said to the switcher
├── SigningError          no signature can be made
├── DisagreementError     the nodes don't agree on what they were asked
└── WebhookError          a request that is no webhook of version 4
"""

from __future__ import annotations

JOURNAL_UNUSABLE = (
    "The journal can't be used at present; the switcher's log says why, and no rotation begins "
    "meanwhile."
)
"""What whoever asks is told of a `JournalError`, whose own text is for the log: it may say where
the journal is, and who uses it."""


class SwitcherError(Exception):
    """Base of every error of the switcher; its text is a sentence for people."""


class JournalError(SwitcherError):
    """The journal could not be read or written."""


class UnreachableError(JournalError):
    """There was no connection to the journal's database, or it was lost."""


class OverruledError(SwitcherError):
    """An incident ended, or its witness was disarmed, while a rotation was being prepared."""


class StandbyError(SwitcherError):
    """Another switcher that shares the journal acts for the witness."""


class OrderError(SwitcherError):
    """What was asked for by hand can't be done, or not now."""


class TokenFileError(SwitcherError):
    """The file of tokens is missing, malformed, or writable by others."""


class SecretFileError(SwitcherError):
    """A file with a secret is missing, malformed, or not for its owner alone."""


class ExposureError(SwitcherError):
    """The switcher would be reached from elsewhere, without TLS or without a token."""


class SigningError(SwitcherError):
    """The keys at hand can't sign what was asked."""


class DisagreementError(SwitcherError):
    """Too few nodes gave the same answer in time."""


class WebhookError(SwitcherError):
    """A body that can't be taken as alerts; `status` is the HTTP answer, `result` the label."""

    def __init__(self, status: int, result: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.result = result
