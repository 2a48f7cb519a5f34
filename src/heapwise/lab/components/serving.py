"""A server that a component is: started on a port of its own, awaited, and ended with us."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from heapwise.errors import ServiceError, ToolchainError
from heapwise.record.supervise import Service
from heapwise.runtimes.endpoint import Endpoint

_POLL_S = 0.1


@contextmanager
def served(
    name: str,
    words: Sequence[str],
    port: int,
    log: Path,
    *,
    ready: Callable[[], bool] = lambda: True,
    seconds: float = 60.0,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Start a server, wait until it answers, and end it with all that it forked.

    Args:
        name: of the server, for errors.
        words: that start it.
        port: of the loopback, where it listens.
        log: takes what it prints.
        ready: whether it does what it is there for; asked once its port is open.
        seconds: how long it may take.
        environment: variables on top of ours.

    Raises:
        ToolchainError: it cannot be started, or is not ready in time; with its last lines.
    """
    end = time.monotonic() + seconds
    with Service.start(shlex.join(words), stderr=log, env_extra=environment) as service:
        try:
            service.await_port(Endpoint.parse(f"http://127.0.0.1:{port}"), seconds)
        except ServiceError as error:
            raise ToolchainError(f"{name} does not start", error.why or error.what) from None
        while service.alive() and not ready() and time.monotonic() < end:
            time.sleep(_POLL_S)
        if not service.alive() or not ready():  # somebody else may have answered on its port
            raise ToolchainError(f"{name} does not get ready", service.last_lines())
        yield
