"""Takes secrets out of the command line that is shown to whoever may ask.

A word loses its value where its name, or the option before it, sounds like a secret; URLs lose
their user information, and headers their values. What cannot be told from a name stays: secrets
without one belong into the environment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

REDACTED = "REDACTED"

_NAME = r"[\w.-]*(?:token|secret|passw|pwd|key|auth|credential|cookie|session|dsn)[\w.-]*"
_OPTION = re.compile(rf"(?i:--?(?:{_NAME}|header))|-H")
_ASSIGNMENT = re.compile(rf"(?is)((?<![\w.-])(?:--?header|{_NAME})=).+")
_HEADER = re.compile(r"(?is)((?:authorization|cookie)\s*:).+")
_USER = re.compile(r"://[^@\s]+@")


def redacted(words: Sequence[str]) -> list[str]:
    """The command line without the secrets that can be told from their names."""
    shown: list[str] = []
    hide = False
    for word in words:
        shown.append(REDACTED if hide and not word.startswith("-") else _without_values(word))
        hide = _OPTION.fullmatch(word) is not None
    return shown


def _without_values(word: str) -> str:
    word = _USER.sub(f"://{REDACTED}@", word)
    return _HEADER.sub(rf"\1 {REDACTED}", _ASSIGNMENT.sub(rf"\1{REDACTED}", word))
