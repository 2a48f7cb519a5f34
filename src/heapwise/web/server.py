"""Runs an application on a socket of its own."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from heapwise.errors import UsageError
from heapwise.web.access import Access, names_of
from heapwise.web.app import application
from heapwise.web.patience import Patient

_MOST_REQUESTS = 8  # at once; a browser sends two
_GONE_S = 60  # without a sign of life


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        UsageError: the address is taken, or not one of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:  # UnicodeError: no name a domain can have
        reason = error.strerror if isinstance(error, OSError) else "it is not a host name"
        raise UsageError(
            f"cannot listen on {host}:{port}",
            reason or str(error),
            "choose another with -http=host:port; port 0 takes any that is free",
        ) from None
    # Connections inherit it: of one whose other end is gone, or takes nothing, nobody else hears.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _GONE_S)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _GONE_S * 1000)
    return listener


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
    access = access_of(listener)
    announce(address_of(listener, access))
    server_of(application(title, data, access), _MOST_REQUESTS).run(sockets=[listener])


def access_of(listener: socket.socket, token: str = "", tool: str = "heapwise web") -> Access:
    """Who may read what is served there: this machine, others with a token.

    Args:
        listener: from `listen`.
        token: to ask for; empty for none on loopback, and for a new one elsewhere.
        tool: the command that serves.
    """
    host, port = listener.getsockname()[:2]
    if not token and not ipaddress.ip_address(host).is_loopback:
        token = secrets.token_urlsafe(16)
    more = (socket.gethostname().lower(),) if token else ()
    return Access(names_of(_name(host), more), token, tool, port)


def address_of(listener: socket.socket, access: Access) -> str:
    """What to open in a browser, the token included."""
    host, port = listener.getsockname()[:2]
    name = _name(host)
    shown = f"[{name}]" if ":" in name else name
    return f"http://{shown}:{port}/" + (f"?token={access.token}" if access.token else "")


def server_of(app: ASGIApp, most_requests: int) -> uvicorn.Server:
    """A server for an application; further requests than so many at once are turned away."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=Patient,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=most_requests,
            timeout_graceful_shutdown=1,
        )
    )


def _name(host: str) -> str:
    """An address that a browser can open: of all addresses of this machine its own name."""
    return socket.gethostname() if ipaddress.ip_address(host).is_unspecified else host
