"""HW909, formatted-log-message: debug messages that nobody wants."""

from __future__ import annotations

import logging

WHAT = {"": "log at a level that is off: a dict of three entries and two numbers"}

_USER = {"id": 1, "name": "user-1", "mail": "user-1@example.org"}
_LOGGER = logging.getLogger("heapwise.remedies")
_LOGGER.setLevel(logging.INFO)


def before() -> None:
    """Format, then ask."""
    for each in range(100):
        _LOGGER.debug(f"user {_USER} did {each} at {each * 1.5}")  # noqa: G004 - the pattern


def after() -> None:
    """Ask, then format."""
    for each in range(100):
        _LOGGER.debug("user %s did %s at %s", _USER, each, each * 1.5)


CASES = {"": (before, after)}
