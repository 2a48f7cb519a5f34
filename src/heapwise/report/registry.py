"""Every format a report can have: a new one is one line of `FORMATS`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from heapwise.model.comparison import Comparison
from heapwise.model.report import RunReport


class Render(Protocol):
    """Renders one report, or two with their comparison."""

    def __call__(self, reports: Sequence[RunReport], comparison: Comparison | None) -> str:
        """The whole document."""
        ...


FORMATS: dict[str, tuple[str, str]] = {
    "text": ("heapwise.report.text", "render_text"),
    "json": ("heapwise.report.json", "render_json"),
    "html": ("heapwise.report.html", "render_html"),
}
"""Module and function by name; a module is imported when its format is asked for."""


def renderer(name: str) -> Render:
    """The renderer of a format.

    Raises:
        KeyError: no such format; the command line offers only those of `FORMATS`.
    """
    module, function = FORMATS[name]
    return cast("Render", getattr(import_module(module), function))
