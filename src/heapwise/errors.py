"""Everything heapwise raises on purpose, with the exit code each class ends in.

::

    HeapwiseError           1  could not do it
    ├── UsageError          2  the command line, a target file or a plan is wrong
    │   └── TargetError     2  a target cannot be read, or must not be fired at
    ├── ServiceError        1  a service or its debug endpoint did not answer as it should
    ├── ProfileError        1  a profile, trace or log is damaged, hostile or not one at all
    ├── RecordingError      1  a recording cannot be written or read
    ├── ToolchainError      1  a compiler or another program we start is missing or failed
    ├── GateFailed          3  a gate's condition does not hold
    ├── Inconclusive        4  the figures cannot be trusted or cannot decide
    └── Interrupted       130  stopped by the user; everything so far is kept

One ``except HeapwiseError`` in ``heapwise.cli.main`` prints the error as one line, the hint as
another, and exits with the code.
"""

from __future__ import annotations

from typing import ClassVar


class HeapwiseError(Exception):
    """What went wrong, why, and what to do about it.

    Args:
        what: what could not be done, as a clause without a full stop.
        why: the reason, if the clause does not say it already.
        hint: the next step for the user.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, why: str = "", hint: str = "") -> None:
        super().__init__(what, why, hint)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        text = self.what
        if self.why:
            text += f": {self.why}"
        if self.hint:
            text += f"; {self.hint}"
        return text


class UsageError(HeapwiseError):
    """The request itself is wrong."""

    exit_code = 2


class TargetError(UsageError):
    """A target that cannot be parsed or must not be fired at."""


class ServiceError(HeapwiseError):
    """The service under test, or its debug endpoint, did not answer as it should."""


class ProfileError(HeapwiseError):
    """Bytes that claim to be a profile, trace or log and are not."""


class RecordingError(HeapwiseError):
    """A recording that cannot be written or read."""


class ToolchainError(HeapwiseError):
    """A program heapwise starts is missing or failed."""


class GateFailed(HeapwiseError):  # noqa: N818 - an ending, not a mistake
    """A gate's condition does not hold."""

    exit_code = 3


class Inconclusive(HeapwiseError):  # noqa: N818 - an ending, not a mistake
    """Done, but the figures cannot be trusted or cannot decide."""

    exit_code = 4


class Interrupted(HeapwiseError):  # noqa: N818 - an ending, not a mistake
    """Stopped by the user."""

    exit_code = 130
