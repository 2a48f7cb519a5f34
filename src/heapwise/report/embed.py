"""What makes one offline file safe to open: escaping, inlining and the policy that seals it.

Names in a report come from profiles, targets and recordings of strangers. Three fences stand
between them and the reader: the template escapes every value, names cannot hide characters
(`visible`), and the page's own policy lets nothing run or load but the two blocks we inlined.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


class Inline(NamedTuple):
    """A script or style sheet to stand between its tags, exactly as it was hashed."""

    code: Markup
    source: str
    """How a content security policy names it: ``'sha256-…'``."""


@cache
def inline(name: str) -> Inline:
    """One of the committed assets, ``report.js`` or ``report.css``."""
    text = files("heapwise.report").joinpath("assets", name).read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Inline(Markup(text), f"'sha256-{digest}'")  # noqa: S704 - our own file, built by us


def policy(script: Inline, style: Inline, *, fetches: bool = False, posts: bool = False) -> str:
    """The content security policy: nothing is loaded, only these two blocks have an effect.

    uPlot and our own script set styles through the CSSOM, which a policy does not cover.

    Args:
        script: of the page.
        style: of the page.
        fetches: the script reads from the server that the page came from.
        posts: its forms send to that server.
    """
    forms = "'self'" if posts else "'none'"
    return (
        f"default-src 'none'; script-src {script.source}; style-src {style.source}; "
        f"base-uri 'none'; form-action {forms}" + ("; connect-src 'self'" if fetches else "")
    )


def templates(**settings: Any) -> Environment:
    """The templates of pages: they escape every value, and refuse one that is missing.

    Args:
        settings: passed to jinja's `Environment`.
    """
    return Environment(
        loader=PackageLoader("heapwise.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        **settings,
    )


_IN_JSON = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def json_block(data: Any) -> Markup:
    """JSON for a ``<script type="application/json">``: nothing in it can end the block.

    The characters replaced occur only inside JSON strings, where the escape means the same.
    """
    text = msgspec.json.encode(data).decode()
    return Markup(text.translate(_IN_JSON))  # noqa: S704 - escaped in the line itself
