"""A flame tree as a page: one file that needs no network, or a shell that fetches its data."""

from __future__ import annotations

from base64 import b64encode
from typing import NamedTuple

from markupsafe import Markup

from heapwise import __version__
from heapwise.names import visible
from heapwise.report.embed import inline, policy, templates


class Page(NamedTuple):
    """A page and the content security policy that it carries."""

    text: str
    policy: str


def flame_page(title: str, data: bytes) -> Page:
    """The page with its data inside.

    Args:
        title: of the window.
        data: from `heapwise.report.flame_data`.
    """
    # Base64 has no character that could end the block.
    return _page(title, data=Markup(b64encode(data).decode()), live=False)  # noqa: S704 - see above


def live_page(title: str) -> Page:
    """The page for a server that answers ``data`` beside it."""
    return _page(title, data=Markup(""), live=True)


def _page(title: str, *, data: Markup, live: bool) -> Page:
    script, style = inline("flame.js"), inline("flame.css")
    page = templates().get_template("flame.html")
    seal = policy(script, style, fetches=live)
    text = page.render(
        title=visible(title),
        policy=seal,
        style=style.code,
        script=script.code,
        data=data,
        live=live,
        version=__version__,
    )
    return Page(text, seal)
