"""A unix socket that takes lines for a running load and answers each with a line."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from heapwise.errors import HeapwiseError, UsageError
from heapwise.load.steering import MAX_LINE, Answer

_MAX_CLIENTS = 8
_MAX_WAITING = 64
_MAX_PATH = 107
"""What fits ``sockaddr_un``, without the zero at its end."""

_PATIENCE_S = 5
_MAX_ANSWER = 4 * MAX_LINE


class ControlSocket:
    """The load's end: asked now and then, and never waits; a context manager.

    Nobody but the user may connect: the socket is made with mode 0600 in a directory that belongs
    to the user, so that nobody else can put another in its place.

    Args:
        path: where to make it.

    Raises:
        UsageError: something is there already, the directory is somebody else's, or it cannot be
            made there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        _check_place(path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.setblocking(False)
        before = os.umask(0o177)
        try:
            self._listener.bind(str(path))
        except OSError as error:
            self._listener.close()
            raise UsageError(f"cannot make {path}", error.strerror or str(error)) from None
        finally:
            os.umask(before)
        self._made = _identity(path)
        self._listener.listen(_MAX_WAITING)
        self._clients: dict[socket.socket, bytearray] = {}

    def poll(self, answer: Answer) -> None:
        """Answer what has come since; takes 2 us when nothing has."""
        ready, _, _ = select.select([self._listener, *self._clients], [], [], 0)
        for connection in ready:
            if connection is self._listener:
                self._let_in()
            else:
                self._hear(connection, answer)

    def close(self) -> None:
        """Take the socket away, unless another is in its place by now."""
        for client in self._clients:
            client.close()
        self._clients.clear()
        self._listener.close()
        if _identity(self._path) == self._made:
            self._path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _let_in(self) -> None:
        """Those who knock, as far as there is room; the others wait in the kernel's queue."""
        with contextlib.suppress(OSError):  # nobody is left
            while len(self._clients) < _MAX_CLIENTS:
                client, _ = self._listener.accept()
                client.setblocking(False)
                self._clients[client] = bytearray()

    def _hear(self, client: socket.socket, answer: Answer) -> None:
        """Read once, answer whole lines; who sends none, or does not read, is sent away."""
        heard = self._clients[client]
        try:
            data = client.recv(MAX_LINE + 1)
            heard += data
            *lines, rest = heard.split(b"\n")
            if len(rest) > MAX_LINE:
                client.send(b"error: a line is at most %d bytes\n" % MAX_LINE)
                data = b""
            heard[:] = rest
            answers = [answer(line.decode("ascii", "replace").strip()) for line in lines]
            client.send("".join(f"{text}\n" for text in answers).encode())
        except OSError:
            data = b""
        if not data:
            del self._clients[client]
            client.close()


def ask(path: Path, line: str) -> str:
    """Say a line to a load that listens at ``path``.

    Returns:
        its answer, without the newline.

    Raises:
        UsageError: no load listens there.
        HeapwiseError: it did not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_PATIENCE_S)
        try:
            connection.connect(str(path))
        except OSError as error:
            raise UsageError(
                f"no load listens at {path}", error.strerror or str(error),
                "give the path that heapwise load --control was given",
            ) from None  # fmt: skip
        answer = b""
        try:
            connection.sendall(f"{line}\n".encode())
            while not answer.endswith(b"\n") and len(answer) < _MAX_ANSWER:
                data = connection.recv(_MAX_ANSWER)
                if not data:
                    break
                answer += data
        except OSError as error:
            raise HeapwiseError(f"the load at {path} does not answer", str(error)) from None
    text = answer.decode(errors="replace").strip()
    if not text:
        raise HeapwiseError(f"the load at {path} ended before it answered")
    return text


def _check_place(path: Path) -> None:
    if len(os.fsencode(path)) > _MAX_PATH:
        raise UsageError(f"{path} is too long", f"a socket's path has at most {_MAX_PATH} bytes")
    if os.path.lexists(path):
        raise UsageError(
            f"{path} exists already", hint="choose another, or remove it if no load listens there"
        )
    try:
        parent = path.parent.stat()
    except OSError as error:
        raise UsageError(f"cannot make {path}", error.strerror or str(error)) from None
    if parent.st_uid != os.geteuid() or parent.st_mode & stat.S_IWOTH:
        raise UsageError(
            f"{path.parent} is open to others",
            "who can write there could put another socket in its place",
            "give a path in a directory of your own",
        )


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and number of what is there; None for nothing."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
