"""What is checked before anything is fired, and by ``heapwise doctor`` alone."""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from heapwise.errors import HeapwiseError, ServiceError
from heapwise.load.address import pin_addresses
from heapwise.load.schedule import total
from heapwise.model.check import Check, Checkup, Level
from heapwise.model.load import Plan, Target
from heapwise.model.recording import ServiceInfo
from heapwise.runtimes.base import Runtime
from heapwise.runtimes.fetch import Endpoint, pin
from heapwise.runtimes.registry import recognise

FALLBACK = "http://127.0.0.1:6060"
"""Where Go programs put pprof when it has a listener of its own."""

SLOW_READING_S = 0.2
"""A reading that takes longer lists tens of thousands of call stacks."""

FEW_FILES = 1024
"""A limit on open files below which a stall of the service exhausts them."""


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
    origins = {f"{parts.scheme}://{parts.netloc}" for parts in map(_split, targets)}
    return [*sorted(origins), FALLBACK]


def find_service(service: str | None, targets: Sequence[Target]) -> Found:
    """The first candidate at which a known runtime answers.

    Raises:
        ServiceError: none does; the message tells what each one said.
    """
    refusals: list[str] = []
    for text in candidates(service, targets):
        endpoint = Endpoint.parse(text)
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
        'name it with --service URL; a Go service needs `import _ "net/http/pprof"`',
    )


def checkup(plan: Plan | None, service: str | None, *, allow_remote: bool) -> Checkup:
    """Look at everything a run needs, and go on after a failure to show them all."""
    targets = plan.targets if plan is not None else ()
    checks = [_address_check(target, allow_remote=allow_remote) for target in targets]
    place = service or (candidates(None, targets)[0])
    try:
        found = find_service(service, targets)
    except HeapwiseError as error:
        checks.append(Check("debug endpoint", Level.FAIL, f"{error.what}: {error.why}", error.hint))
    else:
        place = found.endpoint.url
        checks += _endpoint_checks(found)
    if plan is not None:
        checks.append(_files_check(plan))
        checks.append(_same_host_check(plan))
        checks.append(_encoding_check(plan))
    return Checkup(place, tuple(checks))


def _split(target: Target) -> _Origin:
    parts = urlsplit(target.url)
    return _Origin(parts.scheme, parts.netloc.rpartition("@")[2])


@dataclass(frozen=True, slots=True)
class _Origin:
    scheme: str
    netloc: str


def _address_check(target: Target, *, allow_remote: bool) -> Check:
    name = f"target {target.method} {target.url}"
    try:
        pinned = pin_addresses([target], allow_remote=allow_remote)
    except HeapwiseError as error:
        return Check(name, Level.FAIL, f"{error.what}: {error.why}", error.hint)
    return Check(name, Level.OK, f"resolves to {', '.join(pinned.values())}")


def _endpoint_checks(found: Found) -> list[Check]:
    version = found.info.version or "unknown version"
    checks = [
        Check("debug endpoint", Level.OK, f"{found.endpoint.url} ({found.info.runtime}, {version})")
    ]
    if found.endpoint.address and not ip_address(found.endpoint.address).is_loopback:
        checks.append(
            Check(
                "debug endpoint",
                Level.WARN,
                "pprof answers on an address that is not loopback",
                "anybody who reaches it can read memory contents and slow the service down",
            )
        )
    start = time.monotonic()
    try:
        reading = found.runtime.read(found.endpoint)
    except ServiceError as error:
        return [*checks, Check("counters", Level.FAIL, error.what, error.hint)]
    took = time.monotonic() - start
    if took > SLOW_READING_S:
        checks.append(
            Check(
                "counters",
                Level.WARN,
                f"one reading takes {took:.1f} s, so there will be few of them",
                'import _ "expvar" gives the same counters without the whole profile',
            )
        )
    counters = reading.counters
    checks.append(
        Check(
            "counters",
            Level.OK,
            f"{counters.total_alloc:,} B in {counters.mallocs:,} objects allocated so far, "
            f"{counters.num_gc:,} collections",
        )
    )
    checks += [
        Check("counters", Level.WARN, contradiction) for contradiction in reading.contradictions
    ]
    return checks


def _files_check(plan: Plan) -> Check:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    rate = float(plan.schedule.rate)
    if hard != resource.RLIM_INFINITY and hard < max(FEW_FILES, rate * 2):
        return Check(
            "open files",
            Level.WARN,
            f"at most {hard:,} here; a service that stalls for 2 s at this rate needs "
            f"{rate * 2:,.0f}",
            "raise `ulimit -Hn`, or cap with --max-connections",
        )
    return Check("open files", Level.OK, f"{soft:,} now, raised to {hard:,} for the run")


def _same_host_check(plan: Plan) -> Check:
    hits = total(plan.schedule)
    addresses = pin_addresses(plan.targets, allow_remote=True).values()
    if all(ip_address(address).is_loopback for address in addresses):
        return Check(
            "same host",
            Level.NOTE,
            f"service and generator share this machine: {hits:,} hits compete with it for CPU",
            "allocation figures do not mind; for latency use a second machine or free cores",
        )
    return Check("same host", Level.OK, "the targets are on other machines")


def _encoding_check(plan: Plan) -> Check:
    plain = [
        target.url
        for target in plan.targets
        if any(name.lower() == "accept-encoding" and not value for name, value in target.headers)
    ]
    if plain:
        return Check(
            "compression",
            Level.NOTE,
            f"{len(plain)} of {len(plan.targets)} targets ask for no compression",
            "what the service allocates to compress will not show",
        )
    return Check("compression", Level.OK, "requests say Accept-Encoding: gzip, as browsers do")
