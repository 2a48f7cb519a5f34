"""The one thing that can be written from the page: that an alert is not told of for a while."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from heapwise.errors import HeapwiseError
from heapwise.model.watch import Alert
from heapwise.units import NS_PER_S
from heapwise.web.access import is_from_our_page
from heapwise.web.watch.html import quoted
from heapwise.web.watch.source import Watched

LENGTHS = {"1h": ("an hour", 1), "8h": ("8 hours", 8), "1d": ("a day", 24), "7d": ("a week", 168)}
"""What can be chosen: its name in the form, in words, and hours, which are never scaled."""

_MOST_BYTES = 8192
_MOST_COMMENT = 500


async def silence(request: Request, watched: Watched) -> Response:
    """Take a form of ``alert``, ``duration`` and ``comment``; lead back to the alert."""
    if not is_from_our_page(request):
        return PlainTextResponse("silences are made on the page of the alert\n", 403)
    fields = await _fields(request)
    if fields is None:
        return PlainTextResponse("this form is not one of ours\n", 400)
    length = LENGTHS.get(fields.get("duration", ""))
    comment = fields.get("comment", "").strip()
    alert = await run_in_threadpool(alert_of, watched, unquote(fields.get("alert", "")))
    if alert is None:
        return PlainTextResponse("no such alert is open\n", 404)
    if length is None or not comment or len(comment) > _MOST_COMMENT:
        text = f"a silence takes one of {', '.join(LENGTHS)} and a comment of at most "
        return PlainTextResponse(f"{text}{_MOST_COMMENT} characters\n", 400)
    try:
        await run_in_threadpool(watched.silence, alert, length[1] * 3600 * NS_PER_S, comment)
    except HeapwiseError as error:
        return PlainTextResponse(f"{error}\n", 409)
    return RedirectResponse(f"/alert?id={quoted(alert.id)}", 303)


def alert_of(watched: Watched, ident: str) -> Alert | None:
    """An open alert by its id."""
    alerts = watched.alerts(open_only=True)
    return next((each for each in alerts if each.id == ident), None)


async def _fields(request: Request) -> dict[str, str] | None:
    """The fields of a form as browsers send it; None where it is something else, or too long."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return None
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            return None
    try:
        fields = parse_qs(body.decode(), max_num_fields=8, errors="strict")
    except ValueError:  # UnicodeDecodeError is one
        return None
    return {name: values[0] for name, values in fields.items()}
