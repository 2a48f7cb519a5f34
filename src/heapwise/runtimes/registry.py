"""The runtimes heapwise knows."""

from __future__ import annotations

from heapwise.errors import ServiceError
from heapwise.model.recording import ServiceInfo
from heapwise.runtimes.base import Runtime
from heapwise.runtimes.fetch import Endpoint
from heapwise.runtimes.go import service as go
from heapwise.runtimes.python import service as python

RUNTIMES: tuple[Runtime, ...] = (python.PythonRuntime(), go.GoRuntime())
"""In the order they are asked: the agent of Python speaks Go's protocol and has a mark of its own.
"""

SETTINGS = {"go": go.SETTINGS, "python": python.SETTINGS}
"""Variables of the environment that change how a program uses memory, by runtime."""

CAPTURES = {"go": go.CAPTURES, "python": python.CAPTURES}
"""Kinds of captures and their paths, by runtime."""


def recognise(endpoint: Endpoint) -> tuple[Runtime, ServiceInfo]:
    """Find out what runs behind an endpoint.

    Raises:
        ServiceError: nothing answers, it refuses, or it is no runtime that heapwise knows.
    """
    for runtime in RUNTIMES:
        info = runtime.detect(endpoint)
        if info is not None:
            return runtime, info
    raise ServiceError(
        f"{endpoint.url} answers, but not as a runtime that heapwise knows",
        f"known: {', '.join(runtime.name for runtime in RUNTIMES)}",
        'a Go service needs import _ "net/http/pprof" on the address given, '
        "a Python one heapwise_agent.start()",
    )
