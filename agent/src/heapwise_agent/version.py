"""The agent's version, here and in ``pyproject.toml``; a test compares the two."""

from __future__ import annotations

VERSION = "0.1.0"
