"""What can go wrong in composing the services.

UnderstudyError
├── CommandError         a command could not do what it was asked
├── MissingFilesError    the files that come along aren't there
├── SwitcherGoneError    no switcher answers as it should
├── RefusedError         the switcher does not do what it was asked
└── StackError           a program of the stack did not start, or ended
"""

from __future__ import annotations


class UnderstudyError(Exception):
    """Base of this package's errors; the text is a sentence for people."""


class CommandError(UnderstudyError):
    """A command could not do what it was asked."""


class MissingFilesError(UnderstudyError):
    """An installation lacks rules, dashboards or units that should have come along."""


class SwitcherGoneError(UnderstudyError):
    """The switcher can't be reached, did not answer, or something else answers in its place."""


class RefusedError(UnderstudyError):
    """The switcher answered, and does not do what it was asked."""


class StackError(UnderstudyError):
    """A program of the stack is missing, did not get ready, or ended by itself."""
