"""A target as the bytes of an HTTP/1.1 request, ready to be sent again and again."""

from __future__ import annotations

from urllib.parse import urlsplit

from heapwise.load.easy import BODY_EXPECTED, header_lines
from heapwise.model.load import Plan, Target

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Idempotent methods (RFC 9110, 9.2.2): sending one twice asks for no more than once."""


def request_bytes(target: Target, plan: Plan) -> bytes:
    """Request line, headers and body.

    The path goes out as it is written; of the URL only the fragment stays here.
    """
    parts = urlsplit(target.url)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    lines = [f"{target.method} {path} HTTP/1.1"]
    if not any(name.lower() == "host" for name, _ in target.headers):
        lines.append(f"Host: {parts.netloc}")
    lines += (line for line in header_lines(target, plan) if not line.endswith(":"))
    if target.body or target.method in BODY_EXPECTED:
        lines.append(f"Content-Length: {len(target.body)}")
    return "\r\n".join([*lines, "", ""]).encode() + target.body


def is_repeatable(target: Target) -> bool:
    """True where a request may go out once more if nobody knows what became of it."""
    return target.method in _REPEATABLE
