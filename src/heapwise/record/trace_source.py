"""Where execution traces come from: files, standard input and services."""

from __future__ import annotations

import io
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from heapwise.record.named_sources import SECONDS, open_file, service_path
from heapwise.runtimes.access import ANYONE, Access, split_access
from heapwise.runtimes.endpoint import Endpoint

_ADDRESS = re.compile(r"[^/?#]*:\d+(?:[/?].*)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """How a service is asked for a trace.

    Attributes:
        access: what it wants to be sent.
        seconds: how long it traces itself, where the address does not say.
        timeout_s: for its answer, besides that.
        max_bytes: of the answer.
    """

    access: Access = ANYONE
    seconds: int = 5
    timeout_s: float = 60.0
    max_bytes: int = 512 << 20


@dataclass(frozen=True, slots=True)
class Opened:
    """A trace that can be read.

    Attributes:
        name: what to call it.
        file: at the trace's first byte.
        size: bytes; 0 if unknown.
    """

    name: str
    file: BinaryIO
    size: int


def is_service(spec: str) -> bool:
    """The name is an address rather than that of a file."""
    if "://" in spec or spec.startswith("unix:"):
        return True
    return bool(_ADDRESS.fullmatch(spec)) and not os.path.lexists(spec)


@contextmanager
def opened(spec: str, tracing: Tracing) -> Iterator[Opened]:
    """A trace from wherever ``spec`` points.

    Args:
        spec: a file; ``-``; or a service's address, where ``/debug/pprof/trace`` is meant unless a
            path says otherwise. All that a service sends is taken before any of it is read, so
            that reading does not slow down what is measured.
        tracing: how services are asked.

    Raises:
        ProfileError: the file cannot be read.
        ServiceError: the service did not answer as it should.
        UsageError: the address is wrong.
    """
    if spec == "-":
        yield Opened("standard input", sys.stdin.buffer, 0)
    elif is_service(spec):
        yield _fetched(spec, tracing)
    else:
        with open_file(Path(spec)) as file:
            status = os.fstat(file.fileno())
            yield Opened(spec, file, status.st_size if stat.S_ISREG(status.st_mode) else 0)


def _fetched(spec: str, tracing: Tracing) -> Opened:
    from heapwise.runtimes.fetch import get  # noqa: PLC0415 - files need no HTTP client

    address, access = split_access(spec, tracing.access)
    address, _, query = address.partition("?")
    endpoint = Endpoint.parse(address, access)
    if not SECONDS.search(query):
        query = f"{query}&seconds={tracing.seconds}".lstrip("&")
    asked = SECONDS.search(query)
    seconds = int(asked[1]) if asked else tracing.seconds
    response = get(
        endpoint,
        service_path(address, endpoint, "trace"),
        query=query,
        deadline_s=tracing.timeout_s + seconds,
        max_bytes=tracing.max_bytes,
    )
    return Opened(address, io.BytesIO(response.body), len(response.body))
