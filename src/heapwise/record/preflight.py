"""Finds the debug endpoint of a service, and what runtime answers there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from heapwise.errors import ServiceError
from heapwise.model.load import Target
from heapwise.model.recording import ServiceInfo
from heapwise.runtimes.access import ANYONE, Access
from heapwise.runtimes.base import Runtime
from heapwise.runtimes.fetch import Endpoint, pin
from heapwise.runtimes.registry import recognise

FALLBACK = "http://127.0.0.1:6060"
"""Where Go programs put pprof when it has a listener of its own, and our agent in Python."""


@dataclass(frozen=True, slots=True)
class Found:
    """A service's debug endpoint, and what answers there."""

    endpoint: Endpoint
    runtime: Runtime
    info: ServiceInfo


def candidates(service: str | None, targets: Sequence[Target]) -> list[str]:
    """Where the debug endpoint may be: as told, else the targets' origin, else port 6060."""
    if service is not None:
        return [service]
    return [*sorted(set(map(origin, targets))), FALLBACK]


def find_service(service: str | None, targets: Sequence[Target], access: Access = ANYONE) -> Found:
    """The first candidate at which a known runtime answers; ``access`` is sent to each.

    Raises:
        ServiceError: none does; the message tells what each one said.
    """
    refusals: list[str] = []
    for text in candidates(service, targets):
        endpoint = Endpoint.parse(text, access)
        try:
            endpoint = pin(endpoint)
            runtime, info = recognise(endpoint)
        except ServiceError as error:
            if service is not None:
                raise
            refusals.append(f"{endpoint.url}: {error.why or error.what}")
            continue
        return Found(endpoint, runtime, info)
    raise ServiceError(
        "no debug endpoint found",
        "; ".join(refusals),
        'name it with --service URL; a Go service needs `import _ "net/http/pprof"`, '
        "a Python one `heapwise_agent.start()`",
    )


def origin(target: Target) -> str:
    """Where a target is sent, without its path: ``http://localhost:8080``."""
    parts = urlsplit(target.url)
    return f"{parts.scheme}://{parts.netloc}"
