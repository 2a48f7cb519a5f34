"""Where an alert stands on the page."""

from __future__ import annotations

from urllib.parse import quote

from heapwise.model.watch import Alert


def link_to(alert: Alert, page: str) -> str:
    """The address of an alert.

    Args:
        alert: which.
        page: where people open the page; empty if nobody said.
    """
    return f"{page.rstrip('/')}/alert?id={quote(alert.id, safe='')}" if page else ""
