"""HW904, string-grown-in-loop: strings that cannot grow in place."""

from __future__ import annotations

WHAT = {
    "": "put 1,000 pieces of 20 B together as bytes",
    "str": "put 1,000 pieces of 20 characters together in an attribute",
}

TEXTS = ["x" * 20] * 1000
PIECES = [each.encode() for each in TEXTS]


class Page:
    """Has an attribute that grows."""

    text = ""


def before() -> bytes:
    """Copy everything for each piece."""
    whole = b""
    for piece in PIECES:
        whole += piece
    return whole


def after() -> bytes:
    """Collect and join."""
    pieces = []
    for piece in PIECES:
        pieces.append(piece)  # noqa: PERF402 - stands for a loop that makes them
    return b"".join(pieces)


def before_str() -> str:
    """Copy everything for each piece, since the attribute refers to it."""
    page = Page()
    page.text = ""
    for piece in TEXTS:
        page.text += piece
    return page.text


def after_str() -> str:
    """Collect and join."""
    page = Page()
    pieces = []
    for piece in TEXTS:
        pieces.append(piece)  # noqa: PERF402 - stands for a loop that makes them
    page.text = "".join(pieces)
    return page.text


CASES = {"": (before, after), "str": (before_str, after_str)}
