"""A component that is a program of the lab itself: a service that the lab's service calls."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heapwise.errors import ServiceError, ToolchainError
from heapwise.lab.components.base import Kind, Running
from heapwise.lab.ports import free_ports, in_use
from heapwise.lab.words import filled
from heapwise.record.supervise import Service
from heapwise.runtimes.fetch import Endpoint

_LOG = "log"
_TRIES = 3
"""Ports to try: one that was free may be taken before the program has it."""


class Script:
    """A script of the lab on a port of its own.

    Args:
        path: of the script.
        args: its arguments; ``{port}`` stands for the port.
    """

    kind = Kind.LAB

    def __init__(self, path: Path, args: tuple[str, ...]) -> None:
        self._path = path
        self._args = args

    def missing(self) -> str:
        """Nothing: our own interpreter runs it."""
        return ""

    @contextmanager
    def start(self, directory: Path) -> Iterator[Running]:
        """Start it and wait until it listens."""
        directory.mkdir()
        for left in reversed(range(_TRIES)):
            (port,) = free_ports(1)
            args = filled(self._args, {"port": str(port)})
            # No agent: what the component allocates is not the lab's.
            words = ("HEAPWISE_AGENT=off", sys.executable, "-B", str(self._path), *args)
            with Service.start(shlex.join(words), stderr=directory / _LOG) as service:
                endpoint = Endpoint.parse(f"http://127.0.0.1:{port}")
                try:
                    service.await_port(endpoint)
                except ServiceError as error:
                    if left and in_use(port) and not service.alive():
                        continue  # somebody else was faster
                    raise ToolchainError(f"{self._path.name} does not run", str(error)) from None
                yield Running(endpoint.origin, f"{self._path.name}, {endpoint.origin}", self.kind)
                return
