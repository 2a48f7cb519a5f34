"""How requests travel: connections, TLS, and which HTTP is spoken on them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

NOT_FOLLOWED = -1
"""`Transport.redirects` where a redirect is an answer like any other."""

KEPT_BODY = 1 << 20
"""Bytes kept of one response body, unless another limit is asked for."""


class HttpVersion(StrEnum):
    """Which HTTP a plan speaks."""

    ONE = "1.1"
    AGREED = "agreed"
    """HTTP/2 where the server agrees to it during the TLS handshake, else HTTP/1.1."""
    H2C = "h2c"
    """HTTP/2 from the first byte, without TLS."""
    THREE = "3"
    """HTTP/3, over QUIC, and nothing else."""


class Transport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything below methods, headers and bodies.

    Files are named here and read by the engine, so that no recording holds a key.

    Attributes:
        http: which HTTP.
        insecure: accept any certificate.
        cert: file of the certificate to show, PEM; empty for none.
        key: file of its key; empty where it is in ``cert``.
        root_certs: files of the certificates to trust instead of the system's.
        session_tickets: resume TLS sessions on new connections.
        connect_to: endpoints, ``host:port`` in lower case, and where to connect instead: if there
            are several, hits take them in turn.
        unix_socket: path of a socket that all targets are reached through; empty for TCP.
        laddr: address to send from; empty lets the system choose.
        idle_connections: most idle connections to keep open; 0 is no limit of ours.
        redirects: most redirects to follow, within the pinned addresses; `NOT_FOLLOWED`.
        chunked: send bodies in chunked encoding (HTTP/1.1).
        max_body: most bytes to keep of a response body that is kept at all.
    """

    http: HttpVersion = HttpVersion.AGREED
    insecure: bool = False
    cert: str = ""
    key: str = ""
    root_certs: tuple[str, ...] = ()
    session_tickets: bool = False
    connect_to: dict[str, tuple[str, ...]] = {}
    unix_socket: str = ""
    laddr: str = ""
    idle_connections: int = 0
    redirects: int = NOT_FOLLOWED
    chunked: bool = False
    max_body: int = KEPT_BODY
