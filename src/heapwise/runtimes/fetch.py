"""One GET from a debug endpoint, with a total deadline and a limit of size.

The standard library's client, because it does nothing on its own: no proxies, no decoding, no
redirects to other hosts.
"""

from __future__ import annotations

import contextlib
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPResponse, IncompleteRead
from urllib.parse import urljoin, urlsplit

import msgspec

from heapwise.errors import ServiceError
from heapwise.runtimes import faults
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.wire import Deadline, connect, http_over

__all__ = ["Endpoint", "Response", "accepted", "asked", "get", "pin"]

MAX_BYTES = 64 << 20
"""Default limit of one answer, bytes as received."""

_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REFUSALS = 3
_LONGEST_WAIT_S = 2.0
"""Who is to come back later than this is told so."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_CHUNK = 1 << 16


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """An answer.

    Attributes:
        status: 200; everything else is raised.
        content_type: as sent, lower case, without parameters.
        body: the bytes as received; only a transfer compression that was declared is undone.
    """

    status: int
    content_type: str
    body: bytes


def get(
    endpoint: Endpoint,
    path: str,
    *,
    query: str = "",
    deadline_s: float = 30.0,
    max_bytes: int = MAX_BYTES,
    keep_ends: int = 0,
    page: bool = False,
) -> Response:
    """Fetch a path below the endpoint's base, or an absolute one.

    Args:
        endpoint: where.
        path: ``heap``, or ``/debug/vars``; empty for the index page.
        query: without the question mark.
        deadline_s: for everything together, however slowly the server drips.
        max_bytes: a longer answer is refused, not cut.
        keep_ends: keep only the first so many bytes of a long body, and about as many of its
            last; 0 keeps all.
        page: a web page is what is wanted.

    Raises:
        ServiceError: unreachable, refused, any status but 200, a web page where data was asked,
            too slow, too large, cut short, or sent elsewhere.
    """
    deadline = Deadline(deadline_s)
    url = endpoint.url_of(path, query)
    with faults.named(url, endpoint, deadline), asked(endpoint, path, query, deadline) as answer:
        return _receive(answer, url, max_bytes, keep_ends, page)


@contextlib.contextmanager
def asked(
    endpoint: Endpoint,
    path: str,
    query: str,
    deadline: Deadline,
    connected: Callable[[socket.socket], None] = lambda _: None,
) -> Iterator[HTTPResponse]:
    """The answer to a GET once its headers are there, redirects followed; closed afterwards.

    Args:
        endpoint: where.
        path: as for `get`.
        query: as for `get`.
        deadline: for everything together.
        connected: told of every connection just before it is asked.

    Raises:
        ServiceError: it was sent elsewhere.
        OSError: as sockets do.
        HTTPException: no sane HTTP.
    """
    url = endpoint.url_of(path, query)
    target = endpoint.path(path) + (f"?{query}" if query else "")
    redirects, refusals = _MAX_REDIRECTS, _MAX_REFUSALS
    while redirects >= 0:
        with contextlib.closing(connect(endpoint, deadline)) as connection:
            connected(connection)
            answer = _ask(connection, endpoint, target, deadline)
            location = answer.getheader("Location")
            wait = _told_to_wait(answer, deadline) if refusals else None
            if wait is None and (answer.status not in _REDIRECTS or not location):
                yield answer
                return
        if wait is not None:
            refusals -= 1
            time.sleep(wait)
        elif location:
            redirects -= 1
            target = _same_origin(endpoint, target, location, url)
    raise ServiceError(f"{url} redirects in circles")


def _told_to_wait(answer: HTTPResponse, deadline: Deadline) -> float | None:
    """Seconds after which a server that is too busy now wants to be asked again; None if none.

    Our agent serves a few connections at a time. On a starved machine the last ones, though
    answered, are not yet closed when the next one comes.
    """
    told = answer.getheader("Retry-After", "")
    if answer.status != 503 or not (told.isascii() and told.isdigit() and len(told) < 4):
        return None
    seconds = float(told)
    return seconds if seconds <= _LONGEST_WAIT_S and seconds < deadline.left() else None


def pin(endpoint: Endpoint, *, deadline_s: float = 5.0) -> Endpoint:
    """The endpoint with the address that answers now, so that every later request goes there.

    Raises:
        ServiceError: nothing answers.
    """
    deadline = Deadline(deadline_s)
    with faults.named(endpoint.url, endpoint, deadline):
        with contextlib.closing(connect(endpoint, deadline)) as connection:
            if endpoint.scheme == "unix":
                return endpoint
            address: str = connection.getpeername()[0]
        return msgspec.structs.replace(endpoint, address=address)


def _ask(
    connection: socket.socket, endpoint: Endpoint, target: str, deadline: Deadline
) -> HTTPResponse:
    http = http_over(connection, endpoint, deadline)
    given = endpoint.access.sent()
    http.putrequest("GET", target, skip_host=any(name.lower() == "host" for name, _ in given))
    for name, value in (("User-Agent", "heapwise"), ("Connection", "close"), *given):
        http.putheader(name, value)
    http.endheaders()
    return http.getresponse()


def _same_origin(endpoint: Endpoint, target: str, location: str, url: str) -> str:
    """The path a redirect leads to, which must lie on the same server."""
    origin = f"http://{endpoint.authority}" if endpoint.scheme == "unix" else endpoint.origin
    there = urlsplit(urljoin(origin + target, location))
    here = urlsplit(origin)
    if (there.scheme, there.netloc) not in {
        (here.scheme, here.netloc),
        (here.scheme, here.netloc.removesuffix(f":{_DEFAULT_PORTS[here.scheme]}")),
    }:
        raise ServiceError(
            f"{url} redirects to another place",
            repr(location[:200]),
            "give the address of the debug endpoint itself with --service",
        )
    return (there.path or "/") + (f"?{there.query}" if there.query else "")


def _receive(
    answer: HTTPResponse, url: str, max_bytes: int, keep_ends: int, page: bool
) -> Response:
    kind = accepted(answer, url, page=page)
    encoding = (answer.getheader("Content-Encoding") or "identity").strip().lower()
    if encoding == "identity":
        body = _read(answer, url, max_bytes, keep_ends)
    else:
        body = _undo(_read(answer, url, max_bytes, 0), encoding, url, max_bytes)
    if faults.is_page(body) and not page:
        raise faults.web_page(url)
    return Response(status=200, content_type=kind, body=bytes(body))


def accepted(answer: HTTPResponse, url: str, *, page: bool = False) -> str:
    """The content type of an answer that is 200 and no web page unless one is wanted.

    Raises:
        ServiceError: it is not.
    """
    if answer.status != 200:
        raise faults.refusal(url, answer.status, answer.read(_CHUNK))
    kind = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    if kind == "text/html" and not page:
        raise faults.web_page(url)
    return kind


def _read(answer: HTTPResponse, url: str, max_bytes: int, keep_ends: int) -> bytearray:
    if answer.length is not None and answer.length > max_bytes:
        raise faults.too_large(url, max_bytes)
    body = bytearray()
    received = 0
    while chunk := answer.read(_CHUNK):
        received += len(chunk)
        if received > max_bytes:
            raise faults.too_large(url, max_bytes)
        body += chunk
        if keep_ends and len(body) > 3 * keep_ends + _CHUNK:
            del body[keep_ends:-keep_ends]
    if answer.length:  # what was promised and never came
        raise IncompleteRead(b"", answer.length)
    return body


def _undo(body: bytearray, encoding: str, url: str, max_bytes: int) -> bytearray:
    """Undo a compression that nobody asked for and a middleware applied all the same."""
    if encoding not in {"gzip", "x-gzip"}:
        raise HTTPException(f"it is encoded as {encoding[:40]!r}, which was not asked for")
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, max_bytes)
    except zlib.error as error:
        raise HTTPException("its compressed body is damaged") from error
    if stream.unconsumed_tail:
        raise faults.too_large(url, max_bytes)
    if not stream.eof:
        raise HTTPException("its compressed body ends early")
    return bytearray(plain)
