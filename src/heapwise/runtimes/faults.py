"""What can go wrong at a debug endpoint, in words, each with the next step."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

from heapwise.errors import ServiceError
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.wire import Deadline
from heapwise.units import NS_PER_S, format_duration, format_size

_MOUNT = (
    'in Go, import _ "net/http/pprof" and serve http.DefaultServeMux; '
    "in Python, call heapwise_agent.start(); "
    "name another address with --service"
)
_CUT = "a WriteTimeout of the server cuts long answers; give the debug endpoint a server of its own"
_START = f"start the service, or name its debug endpoint with --service; {_MOUNT}"
_BUSY = "another profile is being taken; wait until it is done, and take one at a time"
_OPEN = (
    "name the user in the address, as user:password@host:port, or send a token: "
    "-service-header 'Authorization: Bearer …'"
)
_HINTS = {
    401: _OPEN,
    403: _OPEN,
    404: _MOUNT,
    405: f"profiles answer GET, so something else is mounted there; {_MOUNT}",
}
_EXPLAINED: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((RemoteDisconnected,), "{url} closed the connection without an answer", _CUT),
    ((IncompleteRead,), "{url} broke off in the middle of its answer", _CUT),
    ((ConnectionRefusedError, FileNotFoundError), "nothing listens at {origin}", _START),
    ((socket.gaierror,), "the host of {origin} is unknown", _START),
    ((ConnectionError,), "{url} broke the connection", _CUT),
)


def refusal(url: str, status: int, body: bytes) -> ServiceError:
    """An answer that is not 200, with the first line of what the server says.

    The line is quoted with its control characters escaped, and cut at 200 characters.
    """
    text = body.decode("utf-8", "replace").strip()
    line = text.splitlines()[0][:200] if text else ""
    hint = _BUSY if "already in use" in line else _HINTS.get(status, "")
    return ServiceError(f"{url} answered {status}", repr(line) if line else "", hint)


def too_large(url: str, max_bytes: int) -> ServiceError:
    """An answer longer than the limit."""
    return ServiceError(
        f"{url} sends too much",
        f"more than {format_size(max_bytes)}",
        "raise the limit with --max-profile-size if the profile is genuine",
    )


def is_page(body: bytes | bytearray) -> bool:
    """True for HTML that does not say so."""
    return body[:100].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def web_page(url: str) -> ServiceError:
    """HTML where data was asked: a login page, a front end, a catch-all route."""
    return ServiceError(f"{url} answered with a web page, not with a profile", hint=_MOUNT)


@contextlib.contextmanager
def named(url: str, endpoint: Endpoint, deadline: Deadline) -> Iterator[None]:
    """Turn what sockets and the HTTP client raise into one `ServiceError`."""
    try:
        yield
    except (OSError, HTTPException, ValueError) as error:
        raise _explain(error, url, endpoint, deadline) from error


def _explain(error: Exception, url: str, endpoint: Endpoint, deadline: Deadline) -> ServiceError:
    if isinstance(error, TimeoutError):
        waited = format_duration(deadline.seconds * NS_PER_S)
        return ServiceError(f"{url} did not answer in full within {waited}")
    for kinds, what, hint in _EXPLAINED:
        if isinstance(error, kinds):
            return ServiceError(what.format(url=url, origin=endpoint.origin), hint=hint)
    if isinstance(error, ssl.SSLError):
        why, hint = error.reason or str(error), "use a trusted certificate, or plain http://"
        return ServiceError(f"no secure connection to {endpoint.origin}", why, hint)
    if isinstance(error, OSError):
        return ServiceError(f"{endpoint.origin} cannot be reached", error.strerror or "")
    return ServiceError(f"{url} gave no sane HTTP answer", repr(str(error)[:200]), _MOUNT)
