"""What ``heapwise doctor`` found before anything was fired."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How a check ended."""

    OK = "ok"
    NOTE = "note"
    WARN = "warn"
    FAIL = "fail"


class Check(msgspec.Struct, frozen=True):
    """One check: what was looked at, what was found, and what to do about it."""

    name: str
    level: Level
    found: str
    hint: str = ""


class Checkup(msgspec.Struct, frozen=True):
    """All checks of one service."""

    service: str
    checks: tuple[Check, ...]

    @property
    def failed(self) -> bool:
        """True where a run would fail too."""
        return any(check.level is Level.FAIL for check in self.checks)
