"""Sockets that listen: TCP, or a file that only this user may open."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

_BACKLOG = 128


class Listener(NamedTuple):
    """A bound socket.

    Attributes:
        socket: accepts without blocking.
        place: where it listens, in words.
        port: of TCP; 0 for a unix socket.
        path: its file, if it has one.
    """

    socket: socket.socket
    place: str
    port: int = 0
    path: Path | None = None

    def close(self) -> None:
        """Listen no more."""
        if self.path is not None:
            with suppress(OSError):
                self.path.unlink()
        self.socket.close()

    def abandon(self) -> None:
        """Close a child's copy; the parent goes on."""
        self.socket.close()


def tcp(host: str, port: int) -> Listener:
    """Listen on an address; a port of 0 takes a free one.

    Raises:
        OSError: the port is in use, or the address is not ours.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return _listening(socket.socket(family, kind, protocol), address, None)


def unix(path: Path) -> Listener:
    """Listen on a socket with mode 0600; one that nobody listens on any more is replaced.

    Raises:
        OSError: somebody listens there, or there is something else.
    """
    if _is_stale(path):
        path.unlink()
    return _listening(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), str(path), path)


def _listening(
    listener: socket.socket, address: tuple[Any, ...] | str, path: Path | None
) -> Listener:
    try:
        if path is None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            with suppress(OSError):  # Linux makes the file with the mode of the socket
                os.fchmod(listener.fileno(), 0o600)
        listener.bind(address)
        if path is not None:
            path.chmod(0o600)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    if path is not None:
        return Listener(listener, str(path), path=path)
    host, port = listener.getsockname()[:2]
    return Listener(listener, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", port)


def _is_stale(path: Path) -> bool:
    """True for a socket's file that refuses connections.

    Raises:
        OSError: there is a file of another kind.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(errno.EEXIST, "there is a file, and it is no socket", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False
