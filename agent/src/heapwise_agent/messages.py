"""A request and its answer, whoever carries them: our own listener, ASGI or WSGI."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from heapwise_agent.version import VERSION

_ALWAYS = {
    "X-Heapwise-Agent": VERSION,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked.

    Attributes:
        method: as sent.
        path: from ``/debug/`` on; not decoded, since no path of ours needs it.
        query: what stood behind the question mark.
        headers: by lower-case name; of a name that came twice, the first.
        cancelled: true once nobody waits for the answer.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cancelled: Callable[[], bool] = _never


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered; the headers are complete but for those of the connection."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def reason(self) -> str:
        """The words behind the status."""
        return HTTPStatus(self.status).phrase


def respond(
    body: bytes, content_type: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer with the headers that all of ours have."""
    own = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
    return Response(status, tuple({**own, **_ALWAYS}.items()), body)


def plain(text: str | bytes) -> Response:
    """A page of text."""
    body = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    return respond(body, "text/plain; charset=utf-8")


def as_json(value: object) -> Response:
    """Plain data."""
    return respond(json.dumps(value).encode("ascii"), "application/json; charset=utf-8")


def download(data: bytes, name: str) -> Response:
    """A profile, named as Go names it."""
    shown = {"Content-Disposition": f'attachment; filename="{name}"'}
    return respond(data, "application/octet-stream", headers=shown)


class RefusedError(Exception):
    """A request that gets an error.

    Args:
        status: of the answer.
        text: one line that says why, and what to do.
        headers: beside the usual ones.
    """

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text
        self.headers = headers or {}

    def response(self) -> Response:
        """Said as Go's handlers say it: `go tool pprof` shows the text with ``X-Go-Pprof``."""
        return respond(
            f"{self.text}\n".encode(),
            "text/plain; charset=utf-8",
            status=self.status,
            headers={"X-Go-Pprof": "1", **self.headers},
        )
