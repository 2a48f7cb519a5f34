"""A program that runs to its end, held at both ends so that it can be measured whole.

``heapwise job`` gives the program one end of a socket, whose number is in HEAPWISE_JOB. Over it
goes a line at a time: ``ready URL`` once the agent listens, to which ``go`` is the answer, and
``done`` once the program has ended, after which nothing is said: the other end is closed when
everything has been read. Whoever holds that end may die; a closed socket lets the program go on.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import MutableMapping
from contextlib import suppress

from heapwise_agent import own

VARIABLE = "HEAPWISE_JOB"


class Hold:
    """One program's end of the socket. Nothing in here raises."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._pid = os.getpid()
        os.register_at_fork(after_in_child=connection.close)  # a child is not the program

    @classmethod
    def take(cls, environ: MutableMapping[str, str]) -> Hold | None:
        """The socket that the environment names, for this process alone; None where there is none.

        The name is taken out: of all that the command starts, the first that can is the program.
        """
        text = environ.pop(VARIABLE, "")
        if not (text.isascii() and text.isdigit() and len(text) < 6):
            return None
        with suppress(OSError):
            number = int(text)
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                os.set_inheritable(number, False)
                return cls(socket.socket(fileno=number))
        return None

    def ready(self, place: str) -> None:
        """Say where the agent listens, and wait until the program may begin."""
        self._say(f"ready http://{place}\n")

    def done(self) -> None:
        """Say that the program has ended, and wait until everything has been read."""
        if os.getpid() == self._pid:
            with own.quiet():
                self._say("done\n")
            self._connection.close()

    def _say(self, line: str) -> None:
        with suppress(OSError):
            self._connection.sendall(line.encode())
            self._connection.recv(16)  # "go", or nothing once the other end is closed
