"""What each path answers, from a `Source`."""

from __future__ import annotations

from collections.abc import Callable

from heapwise_agent import heap, memstats, stacks, text
from heapwise_agent.asked import Asked
from heapwise_agent.cpu import wait
from heapwise_agent.locks import Lock
from heapwise_agent.messages import RefusedError, Response, as_json, download, plain
from heapwise_agent.sampler import Snapshot
from heapwise_agent.source import Source

_DEFAULT_SECONDS = 30
_SECOND_NS = 1_000_000_000
_KEPT_BYTES = 4 << 20


class Memory:
    """``heap`` and ``allocs``: the same data, with another value shown first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._snapshot: Snapshot | None = None
        self._forms: dict[str, bytes] = {}

    def heap(self, asked: Asked, source: Source) -> Response:
        """``gc=1`` collects first; that is ignored for a delta, as in Go."""
        _require_heap(source)
        fence = asked.number("gc") > 0 and not asked.text("seconds")
        if fence:
            source.collect()
        return self._answer(asked, source, "heap", default="", fresh=fence)

    def allocs(self, asked: Asked, source: Source) -> Response:
        """What was allocated is shown first."""
        _require_heap(source)
        return self._answer(asked, source, "allocs", default="alloc_space", fresh=False)

    def _answer(
        self, asked: Asked, source: Source, name: str, *, default: str, fresh: bool
    ) -> Response:
        seconds = asked.delta_seconds()
        if seconds:
            before = source.snapshot(fresh=True)
            wait(seconds, asked.cancelled)
            change = heap.delta(before, source.snapshot(fresh=True))
            duration = seconds * _SECOND_NS
            return download(heap.profile(change, default=default, duration_ns=duration), name)
        snapshot = source.snapshot(fresh=fresh)
        if asked.number("debug"):
            rows = self._once(snapshot, "text", lambda: heap.text(snapshot))
            return plain(rows + memstats.footer(source.stats()))
        return download(
            self._once(snapshot, name, lambda: heap.profile(snapshot, default=default)), name
        )

    def _once(self, snapshot: Snapshot, form: str, make: Callable[[], bytes]) -> bytes:
        """Encode a snapshot once in each form, however many ask, unless it is a large one."""
        with self._lock:
            if self._snapshot is not snapshot:
                self._snapshot, self._forms = snapshot, {}
            known = self._forms.get(form)
            if known is None:
                known = make()
                if len(known) <= _KEPT_BYTES:
                    self._forms[form] = known
            return known


def goroutine(asked: Asked, source: Source) -> Response:
    """Threads and tasks under the name that pprof's users know."""
    return _activities(asked, source, "goroutine")


def threads(asked: Asked, source: Source) -> Response:
    """Threads and tasks."""
    return _activities(asked, source, "threads")


def gc(asked: Asked, source: Source) -> Response:
    """Pauses by the stack that they hit."""
    seconds = asked.delta_seconds()
    profile = source.gc_profile()
    if seconds:
        wait(seconds, asked.cancelled)
        before, profile = profile, source.gc_profile()
        profile.subtract(before)
        profile.duration_ns = seconds * _SECOND_NS
    if asked.number("debug"):
        return plain(text.counts("gc", profile))
    return download(profile.encode(), "gc")


def gc_events(asked: Asked, source: Source) -> Response:
    """Collections one by one."""
    return as_json(source.gc_events(asked.number("since")))


def cpu(asked: Asked, source: Source) -> Response:
    """Where the time goes."""
    mode = asked.text("mode") or "cpu"
    if mode not in {"cpu", "wall"}:
        raise RefusedError(400, 'invalid value for "mode" - must be cpu or wall')
    seconds = asked.seconds() or _DEFAULT_SECONDS
    profile = source.cpu(seconds, wall=mode == "wall", cancelled=asked.cancelled)
    return download(profile.encode(), "profile")


def cmdline(_asked: Asked, source: Source) -> Response:
    """The program's words, with zero bytes between them."""
    return plain("\0".join(source.command_line()))


def variables(_asked: Asked, source: Source) -> Response:
    """Counters, in the form of Go's expvar."""
    found = {"cmdline": source.command_line(), "memstats": source.stats()}
    return as_json({**found, "heapwise": source.variables()})


def _activities(asked: Asked, source: Source, name: str) -> Response:
    if asked.text("seconds"):
        raise RefusedError(400, '"seconds" parameter is not supported for this profile type')
    activities = source.activities()
    if asked.number("debug") >= 2:
        return plain(text.traces(activities))
    profile = stacks.profile(activities, word=name)
    if asked.number("debug"):
        return plain(text.counts(name, profile))
    return download(profile.encode(), name)


def _require_heap(source: Source) -> None:
    why_not = source.why_no_heap()
    if why_not:
        raise RefusedError(501, f"no heap profiles: {why_not}")
