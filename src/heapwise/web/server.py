"""Runs an application on a socket of its own."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from collections.abc import Callable

import uvicorn

from heapwise.errors import UsageError
from heapwise.web.app import Access, application, names_of

_MOST_REQUESTS = 8  # at once; a browser sends two


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        UsageError: the address is taken, or not one of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:  # UnicodeError: no name a domain can have
        reason = error.strerror if isinstance(error, OSError) else "it is not a host name"
        raise UsageError(
            f"cannot listen on {host}:{port}",
            reason or str(error),
            "choose another with -http=host:port; port 0 takes any that is free",
        ) from None


def serve(
    listener: socket.socket, title: str, data: Callable[[], bytes], announce: Callable[[str], None]
) -> None:
    """Serve a page until interrupted.

    Args:
        listener: from `listen`. Off loopback the address that is announced has a token in it.
        title: of the page.
        data: makes its data.
        announce: called with the page's address once it can be opened.
    """
    host, port = listener.getsockname()[:2]
    token = "" if ipaddress.ip_address(host).is_loopback else secrets.token_urlsafe(16)
    name = _name(host)
    access = Access(names_of(name, () if not token else (socket.gethostname().lower(),)), token)
    config = uvicorn.Config(
        application(title, data, access),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST_REQUESTS,
        timeout_graceful_shutdown=1,
    )
    shown = f"[{name}]" if ":" in name else name
    announce(f"http://{shown}:{port}/" + (f"?token={token}" if token else ""))
    uvicorn.Server(config).run(sockets=[listener])


def _name(host: str) -> str:
    """An address that a browser can open: of all addresses of this machine its own name."""
    return socket.gethostname() if ipaddress.ip_address(host).is_unspecified else host
