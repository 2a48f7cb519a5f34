"""Commands as they are typed: variables in front, then a program and its arguments."""

from __future__ import annotations

import re
import shlex

from heapwise.errors import UsageError

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=", re.ASCII)


def split_command(command: str) -> tuple[dict[str, str], list[str]]:
    """The variables in front of a command, and the words behind them.

    Raises:
        UsageError: it cannot be split, or names no program.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"not a command: {command!r}", str(error)) from None
    assigned: dict[str, str] = {}
    while words and _ASSIGNMENT.match(words[0]):
        name, _, value = words.pop(0).partition("=")
        assigned[name] = value
    if not words:
        raise UsageError(f"not a command: {command!r}", "it names no program")
    return assigned, words
