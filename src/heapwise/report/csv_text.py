"""Texts that a spreadsheet shows and does not run."""

from __future__ import annotations

from heapwise.names import visible

_FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes a cell for a formula by (OWASP, "CSV Injection")."""


def csv_text(text: str) -> str:
    """A cell: control characters are escaped, and a formula gets an apostrophe in front."""
    shown = visible(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
