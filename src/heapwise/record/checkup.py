"""The checks of ``heapwise doctor``: everything a run needs is looked at, and nothing is fired."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address

from heapwise.errors import HeapwiseError, ServiceError
from heapwise.formats.rates import describe
from heapwise.load.address import pin_addresses
from heapwise.model.check import Check, Checkup, Level
from heapwise.model.load import Plan, Target
from heapwise.record.exposure import exposure_checks
from heapwise.record.preflight import Found, candidates, find_service
from heapwise.runtimes.access import ANYONE, Access, split_access

SLOW_READING_S = 0.2
"""A reading that takes longer lists tens of thousands of call stacks."""

FEW_FILES = 1024
"""A limit on open files below which a stall of the service exhausts them."""

CONNECT_S = 2.0


def checkup(
    plan: Plan | None, service: str | None, access: Access = ANYONE, *, allow_remote: bool
) -> Checkup:
    """Look at everything a run needs, and go on after a failure to show them all."""
    checks: list[Check] = []
    pinned: dict[str, str] = {}
    reachable: list[Target] = []
    for target in plan.targets if plan is not None else ():
        check, addresses = _target_check(target, allow_remote=allow_remote)
        checks.append(check)
        pinned |= addresses
        if addresses:  # what must not be fired at must not be asked for its profile either
            reachable.append(target)
    place = split_access(service, access)[0] if service else candidates(None, reachable)[0]
    try:
        found = find_service(service, reachable, access)
    except HeapwiseError as error:
        checks.append(_failed("debug endpoint", error))
    else:
        place = found.endpoint.url
        checks += _endpoint_checks(found)
        checks += exposure_checks(found, reachable)
    if plan is not None:
        checks += [_files_check(plan), _host_check(plan, pinned), _encoding_check(plan.targets)]
    return Checkup(place, tuple(checks))


def _failed(name: str, error: HeapwiseError) -> Check:
    found = f"{error.what}: {error.why}" if error.why else error.what
    return Check(name, Level.FAIL, found, error.hint)


def _target_check(target: Target, *, allow_remote: bool) -> tuple[Check, Mapping[str, str]]:
    """Whether a target may be fired at and listens; and its address, where it may."""
    name = f"target {target.method} {target.url}"
    try:
        pinned = pin_addresses([target], allow_remote=allow_remote)
    except HeapwiseError as error:
        return _failed(name, error), {}
    ((endpoint, address),) = pinned.items()
    port = int(endpoint.rpartition(":")[2])
    try:
        socket.create_connection((address, port), CONNECT_S).close()
    except OSError as error:
        why = error.strerror or str(error)
        return Check(name, Level.FAIL, f"{address} port {port}: {why}", "start the service"), pinned
    return Check(name, Level.OK, f"{address} port {port} accepts connections"), pinned


def _endpoint_checks(found: Found) -> Iterator[Check]:
    version = found.info.version or "unknown version"
    what = f"{found.endpoint.url} ({found.info.runtime}, {version})"
    yield Check("debug endpoint", Level.OK, what)
    start = time.monotonic()
    try:
        reading = found.runtime.read(found.endpoint)
    except ServiceError as error:
        yield _failed("counters", error)
        return
    took = time.monotonic() - start
    if took > SLOW_READING_S:
        yield Check(
            "counters",
            Level.WARN,
            f"one reading takes {took:.1f} s, so there will be few of them",
            'in Go, import _ "expvar" gives the same counters without the whole profile',
        )
    counters = reading.counters
    yield Check(
        "counters",
        Level.OK,
        f"{counters.total_alloc:,} B in {counters.mallocs:,} objects allocated so far, "
        f"{counters.num_gc:,} collections",
    )
    for doubt in (*reading.contradictions, *reading.limits):
        yield Check("counters", Level.WARN, doubt)


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


def _host_check(plan: Plan, pinned: Mapping[str, str]) -> Check:
    if pinned and all(ip_address(address).is_loopback for address in pinned.values()):
        return Check(
            "same host",
            Level.NOTE,
            f"service and generator share this machine: the load, {describe(plan.schedule)}, "
            "competes with it for CPU",
            "allocation figures do not mind; for latency use a second machine or free cores",
        )
    return Check("same host", Level.OK, "not all targets are on this machine")


def _encoding_check(targets: Sequence[Target]) -> Check:
    plain = [
        target.url
        for target in targets
        if any(name.lower() == "accept-encoding" and not value for name, value in target.headers)
    ]
    if plain:
        return Check(
            "compression",
            Level.NOTE,
            f"{len(plain)} of {len(targets)} targets ask for no compression",
            "what the service allocates to compress will not show",
        )
    return Check("compression", Level.OK, "requests say Accept-Encoding: gzip, as browsers do")
