"""A Python service with heapwise-agent in it.

The agent speaks Go's protocol, and its counters and collections come in one short answer each.
CPython counts references: what is dead is gone at once, and the profile is never behind.
"""

from __future__ import annotations

from heapwise.errors import ProfileError, ServiceError
from heapwise.formats.agentvars import MAX_BYTES, AgentPage, parse_agent_vars
from heapwise.formats.gcevents import GcEvents, parse_gc_events
from heapwise.model.recording import ServiceInfo
from heapwise.runtimes import local
from heapwise.runtimes.base import Fenced, Reading
from heapwise.runtimes.endpoint import BASE
from heapwise.runtimes.fetch import Endpoint, get
from heapwise.runtimes.index_page import count_tasks

SETTINGS = frozenset({
    "MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "PYTHONMALLOC",
    "PYTHONDEVMODE", "PYTHONTRACEMALLOC",
})  # fmt: skip
"""Variables of the environment that change what a Python program does with memory."""

CAPTURES = {"cpu": "profile"}
"""What can be taken over a stretch of a run, and where."""

_VARS = "/debug/vars"
_EVENTS = "gc/events"
_EVENTS_BYTES = 64 << 20
_DETECT_S = 5.0
_FENCE_S = 120.0
"""A forced collection of a large heap on a busy machine takes its time."""


class PythonRuntime:
    """Implements `heapwise.runtimes.base.Runtime`.

    One forced collection makes a fence: it only frees cycles, so that what is in use is what can
    be reached; what was allocated is in the profile without it.
    """

    name = "python"
    remembers = 4096

    def __init__(self) -> None:
        self._next: dict[Endpoint, int] = {}

    def detect(self, endpoint: Endpoint) -> ServiceInfo | None:
        """Look for the agent's object in ``/debug/vars``; whatever else is there is no agent."""
        try:
            page = _page(endpoint, _DETECT_S)
        except ServiceError:
            return None
        if page is None:
            return None
        about = page.heapwise
        pid = process_of(endpoint, about.pids)
        self._next.pop(endpoint, None)
        return ServiceInfo(
            url=endpoint.origin,
            runtime=self.name,
            version=about.runtime[:100],
            settings={
                "HEAPWISE_AGENT_INTERVAL": str(about.interval),
                **({"processes": str(len(about.workers))} if len(about.workers) > 1 else {}),
                **(local.environment(pid, SETTINGS) if pid else {}),
            },
            same_host=local.is_same_host(endpoint),
        )

    def read(self, endpoint: Endpoint) -> Reading:
        """Read the counters, and the collections since the last reading."""
        page = _page(endpoint)
        if page is None:
            raise ServiceError(f"{endpoint.url_of(_vars_of(endpoint))} is no longer an agent's")
        about = page.heapwise
        if about.unavailable:
            raise ServiceError(
                f"the agent at {endpoint.origin} cannot measure", about.unavailable[:300]
            )
        try:
            stats = page.counted()
        except ProfileError as error:
            raise ServiceError(f"{endpoint.url} gave no counters", error.what) from error
        events, doubts = self._events(endpoint, stats.counters.num_gc)
        return Reading(
            counters=stats.counters,
            pauses=events.pauses,
            victims=events.victims,
            contradictions=(*stats.contradictions, *doubts),
            limits=about.limits,
            work=about.done,
        )

    def tasks(self, endpoint: Endpoint) -> int:
        """Threads and asyncio tasks."""
        return count_tasks(endpoint)

    def fence(self, endpoint: Endpoint) -> Fenced:
        """Ask for ``heap?gc=1``; the answer is the profile."""
        answer = get(endpoint, "heap", query="gc=1", deadline_s=_FENCE_S)
        if not answer.body.startswith((b"\x1f\x8b", b"\n")):
            url = endpoint.url_of("heap", "gc=1")
            raise ServiceError(f"{url} answered without a profile", repr(answer.body[:60])[1:])
        return Fenced(data=answer.body, cycles_forced=1)

    def process(self, endpoint: Endpoint) -> int | None:
        """The process on this machine whose figures are meant, with those it forked."""
        page = _page(endpoint)
        return process_of(endpoint, page.heapwise.pids) if page is not None else None

    def _events(self, endpoint: Endpoint, num_gc: int) -> tuple[GcEvents, tuple[str, ...]]:
        """The collections that were not asked for before; at first none, whatever there was.

        A new process behind the endpoint counts anew, and is asked for all it remembers.
        """
        since = self._next.get(endpoint, num_gc + 1)
        events = _events_since(endpoint, since)
        if events.next < since:
            events = _events_since(endpoint, 1)
        self._next[endpoint] = events.next
        missing = num_gc - (events.next - 1)
        if missing <= 0:
            return events, ()
        return events, (f"NumGC is {num_gc}, and {_EVENTS} knows {missing} fewer",)


def process_of(endpoint: Endpoint, pids: tuple[int, ...]) -> int | None:
    """The process of this machine that is, or has forked, all those that count.

    None where the endpoint's listener is not among them: numbers of processes are those of a
    container, or whoever listens only passes on.
    """
    if local.listener(endpoint) not in pids:
        return None
    if len(pids) == 1:
        return pids[0]
    parents = {local.parent(pid) for pid in pids}
    forked = parents - set(pids) - {None, 1}
    if len(parents) == 1 and forked:
        return forked.pop()
    roots = [pid for pid in pids if local.parent(pid) not in pids]
    return roots[0] if len(roots) == 1 else None


def _page(endpoint: Endpoint, deadline_s: float = 30.0) -> AgentPage | None:
    path = _vars_of(endpoint)
    try:
        return parse_agent_vars(
            get(endpoint, path, deadline_s=deadline_s, max_bytes=MAX_BYTES).body
        )
    except ProfileError as error:
        raise ServiceError(f"{endpoint.url_of(path)} is damaged", str(error)) from error


def _vars_of(endpoint: Endpoint) -> str:
    """Where the variables are: beside the profiles, wherever those are mounted."""
    if not endpoint.base.endswith(BASE):
        return _VARS
    return endpoint.base.removesuffix(BASE) + _VARS


def _events_since(endpoint: Endpoint, since: int) -> GcEvents:
    answer = get(endpoint, _EVENTS, query=f"since={since}", max_bytes=_EVENTS_BYTES)
    try:
        return parse_gc_events(answer.body)
    except ProfileError as error:
        url = endpoint.url_of(_EVENTS)
        raise ServiceError(f"{url} gave no collections", str(error), error.hint) from error
