"""Our end of the socket over which a job is held at its beginning and at its end.

The program's end is `heapwise_agent.job` in Python, and a helper to paste in Go
(docs/howto/go-jobs.md). A program that knows nothing of it simply runs.
"""

from __future__ import annotations

import select
import socket
import time
from contextlib import suppress
from typing import Self

VARIABLE = "HEAPWISE_JOB"
"""Holds the number of the program's end."""

_LINE_BYTES = 512
"""The longest line that a program may say: an address."""


class Channel:
    """A pair of sockets; use as a context manager around the program.

    Attributes:
        url: where the program's debug endpoint is, once it has said so; empty until then.
        done: the program has ended its work and waits.
        open: somebody may still say something.
    """

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._heard = b""
        self.url = ""
        self.done = False
        self.open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.release()
        self._theirs.close()

    @property
    def environment(self) -> dict[str, str]:
        """What tells the program."""
        return {VARIABLE: str(self.number)}

    @property
    def number(self) -> int:
        """The descriptor that the program inherits."""
        return self._theirs.fileno()

    def handed_over(self) -> None:
        """Forget the program's end, once the program has it: its death closes the socket."""
        self._theirs.close()

    def listen(self, seconds: float) -> None:
        """Wait so long for the program to say something, and take note of it."""
        if not self.open:
            time.sleep(seconds)
            return
        if not select.select([self._ours], [], [], seconds)[0]:
            return
        try:
            heard = self._ours.recv(_LINE_BYTES)
        except OSError:
            heard = b""
        if not heard:
            self.open = False
        self._heard = (self._heard + heard)[-2 * _LINE_BYTES :]
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            self._take(line)

    def go(self) -> None:
        """Let a program that is ready begin."""
        with suppress(OSError):
            self._ours.sendall(b"go\n")

    def release(self) -> None:
        """Let the program end."""
        self.open = False
        self._ours.close()

    def _take(self, line: bytes) -> None:
        word, _, rest = line.partition(b" ")
        if word == b"ready" and not self.url:
            self.url = rest.decode("ascii", "replace").strip()
        elif word == b"ready":
            self.go()  # a later program of the same command: it is not measured, and must not wait
        elif word == b"done":
            self.done = True
