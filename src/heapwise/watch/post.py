"""One POST with a total deadline: no proxies, no redirects, and no address that is a secret."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterable
from http.client import HTTPException
from urllib.parse import SplitResult

import msgspec

from heapwise.errors import ServiceError, UsageError
from heapwise.formats.urls import check_url, port_of
from heapwise.names import visible
from heapwise.runtimes.access import ANYONE, Access, split_access
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.wire import Deadline, connect, http_over
from heapwise.units import NS_PER_S, format_duration

_MAX_ANSWER = 1 << 16
_LATER = frozenset({401, 408, 425, 429})
"""Client errors that another attempt may not meet; of these one that comes with a new token."""


class Rejected(ServiceError):  # noqa: N818 - an answer, not a mistake
    """A receiver that works says no to what it was sent; the same would be refused again."""


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """Where something is sent.

    Attributes:
        name: for messages.
        endpoint: the server, and what it wants to see.
        target: path and query; often with a token in it, so it is never printed.
    """

    name: str
    endpoint: Endpoint
    target: str

    @classmethod
    def parse(cls, name: str, url: str, access: Access = ANYONE) -> Receiver:
        """Read an http or https URL, in which user and password may stand.

        Raises:
            UsageError: it is none; it is not repeated, since it may be a secret.
        """
        plain, access = split_access(url, access)
        try:
            parts = check_url(plain)
        except UsageError:
            raise UsageError(
                f"the address of {name} is no http or https URL",
                hint="write it as https://host/path",
            ) from None
        endpoint = Endpoint(
            scheme=parts.scheme,
            host=(parts.hostname or "").removesuffix("."),
            port=port_of(parts),
            base="",
            access=access,
        )
        return cls(name=name, endpoint=endpoint, target=_target(parts))

    def __repr__(self) -> str:
        """Without what may be secret."""
        return f"Receiver({self.label})"

    @property
    def label(self) -> str:
        """What it is called in messages."""
        return f"{self.name} ({self.endpoint.origin})"

    def below(self, path: str) -> Receiver:
        """The same server, at a path below this one's."""
        before, mark, query = self.target.partition("?")
        return msgspec.structs.replace(self, target=before.rstrip("/") + path + mark + query)


def post(
    receiver: Receiver,
    body: bytes,
    *,
    content_type: str = "application/json",
    headers: Iterable[tuple[str, str]] = (),
    deadline_s: float = 10.0,
) -> None:
    """Send a body, and hear that it was taken.

    Args:
        receiver: where to.
        body: as it is.
        content_type: of the body.
        headers: more of them.
        deadline_s: for everything together.

    Raises:
        Rejected: any status that another attempt would meet again, redirects among them.
        ServiceError: unreachable, too slow, too busy, out of order.
        UsageError: what it wants to be shown cannot be read.
    """
    deadline = Deadline(deadline_s)
    try:
        with contextlib.closing(connect(receiver.endpoint, deadline)) as connection:
            http = http_over(connection, receiver.endpoint, deadline)
            given = receiver.endpoint.access.sent()
            own_host = any(name.lower() == "host" for name, _ in given)
            http.putrequest("POST", receiver.target, skip_host=own_host)
            for name, value in (
                ("User-Agent", "heapwise"),
                ("Connection", "close"),
                ("Content-Type", content_type),
                ("Content-Length", str(len(body))),
                *given,
                *headers,
            ):
                http.putheader(name, value)
            http.endheaders(body)
            answer = http.getresponse()
            if not 200 <= answer.status < 300:  # else it has it, whatever it still says
                raise _refusal(receiver, answer.status, answer.read(_MAX_ANSWER))
    except (OSError, HTTPException, ValueError) as error:
        raise ServiceError(f"{receiver.label} {_what(error, deadline)}") from None


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _refusal(receiver: Receiver, status: int, body: bytes) -> ServiceError:
    text = body[:400].decode("utf-8", "replace").strip()
    line = visible(text.splitlines()[0][:200]) if text else ""
    what = f"{receiver.label} answered {status}"
    if 300 <= status < 400:
        return Rejected(what, "it redirects", "give the address itself")
    final = 400 <= status < 500 and status not in _LATER
    return (Rejected if final else ServiceError)(what, line)


def _what(error: Exception, deadline: Deadline) -> str:
    """What happened, in words, without the address."""
    if isinstance(error, TimeoutError):
        return f"did not answer within {format_duration(deadline.seconds * NS_PER_S)}"
    if isinstance(error, ConnectionRefusedError):
        return "does not listen"
    if isinstance(error, ssl.SSLError):
        return f"has no secure connection: {error.reason or 'TLS failed'}"
    if isinstance(error, OSError):
        return f"cannot be reached: {visible(error.strerror or type(error).__name__)}"
    return "gave no sane HTTP answer"
