"""A Go service behind ``net/http/pprof``."""

from __future__ import annotations

import re

from heapwise.errors import ProfileError, ServiceError
from heapwise.formats.memstats import (
    FOOTER_BYTES,
    RING,
    MemStats,
    parse_expvar,
    parse_memstats,
)
from heapwise.formats.work_counts import announced_on
from heapwise.model.recording import ServiceInfo
from heapwise.runtimes import local
from heapwise.runtimes.base import Fenced, Reading
from heapwise.runtimes.fetch import Endpoint, get
from heapwise.runtimes.go.buildinfo import go_version
from heapwise.runtimes.index_page import count_tasks

SETTINGS = frozenset({"GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GODEBUG"})
"""Variables of the environment that change how a Go program collects."""

CAPTURES = {"cpu": "profile", "trace": "trace", "mutex": "mutex", "block": "block"}
"""What can be taken over a stretch of a run, and where."""

_TEXT_BYTES = 512 << 20
"""Limit of ``heap?debug=1``, 2.5 KB for each call stack, of which little is kept."""

_FENCE_S = 120.0
"""A forced collection and a profile of a large heap on a busy machine take their time."""

_FENCE_CYCLES = 2
_EXPVAR = "/debug/vars"
_EXPVAR_BYTES = 256 << 10
"""A page longer than this holds so much of the application's own that it is no bargain."""
_HEADER = re.compile(rb"heap profile: [^\n]{0,200}@ heap/(\d{1,18})\n")
_GOROOT = re.compile(
    rb"/(?:toolchain@v[\d.]+-)?(go1\.\d+(?:\.\d+|rc\d+|beta\d+)?)(?:\.[a-z\d]+-[a-z\d]+)?"
    rb"/src/(?:runtime|net/http)/"
)


class GoRuntime:
    """Implements `heapwise.runtimes.base.Runtime`.

    Counters come from expvar where it is mounted, else from the text form of the heap profile,
    which every service has. The text names every call stack of the profile: 0.8 ms and 31 KB of
    allocation for a new service, where expvar takes 0.5 ms and 23 KB, but 9 s, 36 MB and 50 MB on
    the wire for one with 20,000 stacks, where expvar takes 2.6 ms and 43 KB (measured, Go 1.26).
    """

    name = "go"
    remembers = RING

    def __init__(self) -> None:
        self._has_expvar: dict[Endpoint, bool] = {}

    def detect(self, endpoint: Endpoint) -> ServiceInfo | None:
        """Look at ``heap?debug=1``, and at the executable where it runs on this machine."""
        text = _heap_text(endpoint)
        header = _HEADER.match(text)
        if header is None:
            return None
        try:
            stats = parse_memstats(text)
        except ProfileError:
            return None
        self._has_expvar[endpoint] = _offers_expvar(endpoint, stats)
        pid = local.listener(endpoint)
        version = go_version(local.PROC / str(pid) / "exe") if pid else ""
        return ServiceInfo(
            url=endpoint.origin,
            runtime=self.name,
            version=version or _version_in(text),
            settings={
                # Go prints twice the rate, for the sake of old readers.
                "MemProfileRate": str(int(header[1]) // 2),
                **(local.environment(pid, SETTINGS) if pid else {}),
            },
            same_host=local.is_same_host(endpoint),
        )

    def read(self, endpoint: Endpoint) -> Reading:
        """Read MemStats, which all come from one moment."""
        by_expvar = self._uses_expvar(endpoint)
        page = get(endpoint, _EXPVAR).body if by_expvar else _heap_text(endpoint)
        try:
            stats = parse_expvar(page) if by_expvar else parse_memstats(page)
        except ProfileError as error:
            raise ServiceError(f"{endpoint.url} gave no counters", error.what) from error
        return Reading(
            counters=stats.counters,
            pauses=stats.pauses,
            contradictions=stats.contradictions,
            work=announced_on(page) if by_expvar else {},
        )

    def tasks(self, endpoint: Endpoint) -> int:
        """Goroutines; the one that answers is among them."""
        return count_tasks(endpoint)

    def fence(self, endpoint: Endpoint) -> Fenced:
        """Ask for ``heap?gc=1`` twice; the second answer is the profile.

        Whether the collections took place is for the caller to see: `Counters.num_forced_gc`
        must have risen by `Fenced.cycles_forced` between the readings before and after.
        """
        for _ in range(_FENCE_CYCLES):
            answer = get(endpoint, "heap", query="gc=1", deadline_s=_FENCE_S)
        if not answer.body.startswith((b"\x1f\x8b", b"\n")):  # gzip, or the bare message
            url = endpoint.url_of("heap", "gc=1")
            raise ServiceError(f"{url} answered without a profile", repr(answer.body[:60])[1:])
        return Fenced(data=answer.body, cycles_forced=_FENCE_CYCLES)

    def process(self, _endpoint: Endpoint) -> int | None:
        """Unknown: nothing tells the service from a proxy in Go that listens in its place."""
        return None

    def _uses_expvar(self, endpoint: Endpoint) -> bool:
        if endpoint not in self._has_expvar:
            self.detect(endpoint)
        return self._has_expvar.get(endpoint, False)


def _heap_text(endpoint: Endpoint) -> bytes:
    """The text form of the heap profile: its beginning, and its end with MemStats."""
    return get(
        endpoint, "heap", query="debug=1", max_bytes=_TEXT_BYTES, keep_ends=2 * FOOTER_BYTES
    ).body


def _offers_expvar(endpoint: Endpoint, earlier: MemStats) -> bool:
    """True where expvar is at hand and of the same process, not of a proxy in front of it."""
    try:
        body = get(endpoint, _EXPVAR, deadline_s=5.0, max_bytes=_EXPVAR_BYTES).body
        stats = parse_expvar(body)
    except (ServiceError, ProfileError):
        return False
    ends = {pause.number: pause.end_ns for pause in earlier.pauses}
    return not stats.counters.went_back(earlier.counters) and all(
        ends.get(pause.number, pause.end_ns) == pause.end_ns for pause in stats.pauses
    )


def _version_in(text: bytes) -> str:
    found = _GOROOT.search(text)
    return found[1].decode("ascii") if found else ""
