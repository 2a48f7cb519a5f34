"""Secrets: the file says where they are, and nothing prints them."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import msgspec

from heapwise.errors import UsageError

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}", re.ASCII)
_LARGEST = 64 << 10


class Secret(msgspec.Struct, frozen=True):
    """Where a secret is: a file, or a variable of the environment.

    It is read each time it is needed, so that one that was exchanged is used at once.
    """

    file: Path | None = None
    variable: str = ""

    @classmethod
    def parse(cls, text: str, directory: Path) -> Secret:
        """Read ``PATH`` or ``env:NAME``.

        Raises:
            UsageError: NAME is no name of a variable.
        """
        if not text.startswith("env:"):
            return cls(file=directory / text)
        name = text.removeprefix("env:")
        if not _VARIABLE.fullmatch(name):
            raise UsageError("no such name of a variable")
        return cls(variable=name)

    def __str__(self) -> str:
        return str(self.file) if self.file is not None else f"env:{self.variable}"

    def read(self) -> str:
        """The secret, without the newline at its end.

        Raises:
            UsageError: it is not there, empty, or cannot be sent in a header.
        """
        text = self._text().strip()
        if not text:
            raise UsageError(f"no secret in {self}", "it is empty")
        if not (text.isascii() and text.isprintable()):
            raise UsageError(f"no secret in {self}", "it is more than one line of plain text")
        return text

    def doubt(self) -> str:
        """Who else can read it, in words; empty where nobody can."""
        if self.file is None:
            return ""
        try:
            mode = self.file.stat().st_mode
        except OSError:
            return ""
        if mode & (stat.S_IROTH | stat.S_IRGRP):
            return f"{self.file} can be read by others (mode {mode & 0o777:04o}); chmod 600 it"
        return ""

    def _text(self) -> str:
        if self.file is None:
            found = os.environ.get(self.variable)
            if found is None:
                raise UsageError(f"no secret in {self}", "the variable is not set")
            return found
        try:
            with self.file.open(encoding="ascii") as file:
                return file.read(_LARGEST)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is not plain text"
            raise UsageError(f"cannot read the secret in {self.file}", why) from None
