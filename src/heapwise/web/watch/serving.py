"""Serves the page, beside a watcher or alone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import uvicorn

from heapwise.web.server import access_of, address_of, server_of
from heapwise.web.watch.app import application
from heapwise.web.watch.source import Watched

_MOST_REQUESTS = 64
"""At once: eight streams, and what a browser asks for while it draws."""

_TOOL = "heapwise watch"

Metrics = Callable[[], tuple[bytes, str]]


def serve_page(
    listener: socket.socket,
    watched: Watched,
    announce: Callable[[str], None],
    *,
    token: str = "",
    metrics: Metrics | None = None,
    names: Iterable[str] = (),
) -> None:
    """Serve until interrupted.

    Args:
        listener: from `heapwise.web.server.listen`, closed by the caller.
        watched: what is shown.
        announce: called with the page's address; off loopback it has a token in it.
        token: to ask for; empty for none on loopback, and for a new one elsewhere.
        metrics: the text for Prometheus and its content type; None to have none.
        names: by which requests may call the server, besides its own.
    """
    server, address = _made(listener, watched, token, metrics, names)
    announce(address)
    server.run(sockets=[listener])


@contextmanager
def serving_page(
    listener: socket.socket,
    watched: Watched,
    *,
    token: str = "",
    metrics: Metrics | None = None,
    names: Iterable[str] = (),
    period_s: float = 1.0,
) -> Iterator[str]:
    """Serve in a thread while the block runs; the address to open.

    Arguments as above, and how often open pages are told of changes.
    """
    server, address = _made(listener, watched, token, metrics, names, period_s)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="page", daemon=True
    )
    thread.start()
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join(10)


def _made(
    listener: socket.socket,
    watched: Watched,
    token: str,
    metrics: Metrics | None,
    names: Iterable[str],
    period_s: float = 1.0,
) -> tuple[uvicorn.Server, str]:
    access = access_of(listener, token, _TOOL)
    access = replace(access, hosts=access.hosts.union(name.lower() for name in names))
    # The streams of an application have to know that its server is about to end.
    servers: list[uvicorn.Server] = []
    app = application(
        watched,
        access,
        metrics=metrics,
        ending=lambda: any(one.should_exit for one in servers),
        period_s=period_s,
    )
    servers.append(server_of(app, _MOST_REQUESTS))
    return servers[0], address_of(listener, access)
