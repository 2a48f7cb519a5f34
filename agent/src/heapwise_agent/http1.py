"""As much of HTTP/1.1 as a GET needs, read strictly, under a deadline.

One request, one answer, and the connection is closed: what stands behind the request is never
looked at, so there is nothing to smuggle and no body to wait for.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping
from typing import NamedTuple

from heapwise_agent.messages import RefusedError, Response

MAX_HEAD = 16 << 10
"""Bytes of a request's line and headers."""

HEAD_S = 5.0
"""Time for all of them, however slowly they come."""

_LINE = re.compile(r"([A-Z]{1,16}) (/[\x21-\x7e]{0,4095}) HTTP/1\.[01]", re.ASCII)
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_END = b"\r\n\r\n"
_MAX_HEADERS = 64


class Head(NamedTuple):
    """A request without a body.

    Attributes:
        method: as sent, capitals.
        target: path and query as sent.
        headers: by lower-case name.
    """

    method: str
    target: str
    headers: Mapping[str, str]


def read_head(connection: socket.socket, *, seconds: float = HEAD_S) -> Head | None:
    """Receive and parse; None where the other side left before it said anything.

    Raises:
        RefusedError: 400 for what is no request, 408 where it takes too long, 431 where it is
            too large.
        OSError: the connection broke.
    """
    data = bytearray()
    end = time.monotonic() + seconds
    while (found := data.find(_END)) < 0:
        if len(data) > MAX_HEAD:
            raise RefusedError(431, f"the request's headers are above {MAX_HEAD} bytes")
        left = end - time.monotonic()
        try:
            connection.settimeout(max(left, 0.001))
            received = connection.recv(4096) if left > 0 else None
        except TimeoutError:
            received = None
        if received is None:
            raise RefusedError(408, f"the request's headers took longer than {seconds:g} s")
        if not received:
            if not data:
                return None
            raise RefusedError(400, "the request ends within its headers")
        data += received
    return parse_head(bytes(data[:found]))


def parse_head(data: bytes) -> Head:
    """Read the lines of a request, without the empty one at their end.

    Raises:
        RefusedError: 400 for anything that is not HTTP/1.
    """
    if len(data) > MAX_HEAD:
        raise RefusedError(431, f"the request's headers are above {MAX_HEAD} bytes")
    first, *rest = data.decode("latin-1").split("\r\n")
    line = _LINE.fullmatch(first)
    if line is None:
        raise RefusedError(400, "not a request of HTTP/1.1")
    if len(rest) > _MAX_HEADERS:
        raise RefusedError(431, f"the request has more than {_MAX_HEADERS} headers")
    headers: dict[str, str] = {}
    for text in rest:
        header = _HEADER.fullmatch(text)
        if header is None:
            raise RefusedError(400, "malformed header")
        name = header[1].lower()
        if name == "host" and name in headers:
            raise RefusedError(400, "too many Host headers")
        headers.setdefault(name, header[2].strip(" \t"))
    return Head(line[1], line[2], headers)


def write(response: Response) -> bytes:
    """The bytes of an answer, after which the connection is closed."""
    lines = [f"HTTP/1.1 {response.status} {response.reason}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + response.body
