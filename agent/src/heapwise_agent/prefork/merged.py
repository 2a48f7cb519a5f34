"""All processes of a service as one `Source`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from queue import SimpleQueue
from typing import Any, Generic, NamedTuple, TypeVar

from heapwise_agent.crowd import Workers
from heapwise_agent.encode import Profile
from heapwise_agent.locks import Lock
from heapwise_agent.memstats import Stats
from heapwise_agent.prefork import merge
from heapwise_agent.prefork.farewell import Farewell
from heapwise_agent.prefork.gclog import GcLog
from heapwise_agent.prefork.registry import Key, Member
from heapwise_agent.prefork.remote import AbsentError, EndedError, RemoteSource
from heapwise_agent.prefork.tally import Tally
from heapwise_agent.sampler import Snapshot
from heapwise_agent.source import SNAPSHOT_NS, BusyError, Source
from heapwise_agent.stacks import Activity

MEMBERS_WARM = 8
"""Other processes that can be asked at once where no thread can be started any more."""

T = TypeVar("T")


class Answers(NamedTuple, Generic[T]):
    """What all processes said to one question.

    Attributes:
        said: by process, this one first.
        there: every process, also those that did not answer.
    """

    said: dict[Key, T]
    there: list[Key]


class MergedSource:
    """See `heapwise_agent.source.Source`.

    Args:
        local: this process.
        members: who takes part now; this process may be among them.
        farewells: what those have said that ended since the last call.
    """

    def __init__(
        self,
        local: Source,
        members: Callable[[], list[Member]],
        farewells: Callable[[], Iterable[tuple[Key, Farewell]]] = tuple,
    ) -> None:
        self._local = local
        self._members = members
        self._farewells = farewells
        self._here: Key = (os.getpid(), time.time_ns())
        self._lock = Lock()
        self._heap = Tally(merge.snapshots, merge.ended_snapshot)
        self._stats = Tally(merge.stats, merge.ended_stats)
        self._variables = Tally(merge.variables, merge.ended_variables)
        self._pauses = Tally(merge.profiles, lambda profile: profile)
        self._collections = GcLog()
        self._snapshot: Snapshot | None = None
        self._taken_ns = 0
        self._profiling = Lock()
        self._askers = Workers("heapwise-agent-ask")

    def why_no_heap(self) -> str:
        """See `Source`."""
        return self._local.why_no_heap()

    def snapshot(self, *, fresh: bool = False) -> Snapshot:
        """See `Source`."""
        asked = time.monotonic_ns()
        with self._lock:
            newest = asked if fresh else asked - SNAPSHOT_NS
            if self._snapshot is None or self._taken_ns < newest:
                self._taken_ns = time.monotonic_ns()
                answers = self._ask(lambda source: source.snapshot(fresh=fresh))
                self._hear()
                self._snapshot = self._heap.update(*answers)
            return self._snapshot

    def collect(self) -> None:
        """See `Source`."""
        self._ask(lambda source: source.collect())
        with self._lock:
            self._snapshot = None

    def stats(self) -> Stats:
        """See `Source`."""
        with self._lock:
            self._log_collections()
            answers = self._ask(lambda source: source.stats())
            self._hear()
            stats = self._stats.update(*answers) | self._collections.stats()
        shares = [float(_number(part.get("GCCPUFraction"))) for part in answers.said.values()]
        stats["GCCPUFraction"] = round(sum(shares) / len(shares), 9)
        # A collection may have ended since they were numbered.
        forced, seen = _number(stats["NumForcedGC"]), _number(stats["NumGC"])
        return stats | {"NumForcedGC": min(forced, seen)}

    def cpu(self, seconds: int, *, wall: bool, cancelled: Callable[[], bool]) -> Profile:
        """See `Source`."""
        if not self._profiling.acquire(blocking=False):
            raise BusyError
        try:
            answers = self._ask(lambda source: source.cpu(seconds, wall=wall, cancelled=cancelled))
            return merge.profiles(list(answers.said.values()))
        finally:
            self._profiling.release()

    def activities(self) -> list[Activity]:
        """See `Source`."""
        answers = self._ask(lambda source: source.activities())
        if len(answers.there) == 1:
            return answers.said[self._here]
        return [
            Activity(each.kind, f"{pid} {each.name}", each.stack, each.count)
            for (pid, _), found in answers.said.items()
            for each in found
        ]

    def activity_count(self) -> int:
        """See `Source`."""
        return sum(self._ask(lambda source: source.activity_count()).said.values())

    def gc_profile(self) -> Profile:
        """See `Source`."""
        with self._lock:
            answers = self._ask(lambda source: source.gc_profile())
            self._hear()
            return self._pauses.update(*answers)

    def gc_events(self, since: int) -> dict[str, object]:
        """See `Source`; each event names its process as ``pid``."""
        with self._lock:
            self._log_collections()
            return self._local.gc_events(1 << 62) | self._collections.since(since)

    def variables(self) -> dict[str, object]:
        """See `Source`; ``workers`` lists the processes with their own figures."""
        with self._lock:
            answers = self._ask(lambda source: source.variables())
            self._hear()
            merged = self._variables.update(*answers)
        mute = [key for key in answers.there if key not in answers.said]
        silent = [{"pid": pid, "answers": False} for pid, _ in mute]
        workers = [{**found, "answers": True} for found in answers.said.values()]
        return {**merged, "workers": [*workers, *silent]}

    def command_line(self) -> list[str]:
        """See `Source`."""
        return self._local.command_line()

    def of_process(self, pid: int) -> Source | None:
        """See `Source`."""
        if pid == os.getpid():
            return self._local
        return next((source for (each, _), source in self._others().items() if each == pid), None)

    def warm(self) -> None:
        """Have threads ready to ask a few others."""
        self._askers.warm(MEMBERS_WARM)

    def hear(self) -> None:
        """Take note of what processes said that ended; cheap where none did."""
        with self._lock:
            self._hear()

    def _hear(self) -> None:
        """After asking and before adding up: who was found gone has said it by then."""
        for key, last in self._farewells():
            if last.heap is not None:
                self._heap.hear(key, last.heap)
            self._stats.hear(key, last.stats)
            self._variables.hear(key, last.variables)
            self._pauses.hear(key, last.pauses)
            self._collections.add([(key, last.collections)], before_ns=time.time_ns())

    def _log_collections(self) -> None:
        now = time.time_ns()

        def ask(key: Key, source: Source) -> dict[str, Any]:
            return source.gc_events(self._collections.next_of(key))

        answers = self._ask_by_key(ask)
        self._collections.add(answers.said.items(), before_ns=now)

    def _others(self) -> dict[Key, RemoteSource]:
        found = [member for member in self._members() if member.pid != os.getpid()]
        return {member.key: RemoteSource(member) for member in found}

    def _ask(self, question: Callable[[Source], T]) -> Answers[T]:
        return self._ask_by_key(lambda _, source: question(source))

    def _ask_by_key(self, question: Callable[[Key, Source], T]) -> Answers[T]:
        """Ask everybody at once; who does not answer is left out, other trouble is raised."""
        sources: dict[Key, Source] = {self._here: self._local, **self._others()}
        said: dict[Key, T] = {}
        ended: list[Key] = []
        trouble: list[Exception] = []
        finished: SimpleQueue[Key] = SimpleQueue()

        def ask(key: Key, source: Source) -> None:
            try:
                said[key] = question(key, source)
            except EndedError:
                ended.append(key)
            except AbsentError:
                pass
            except Exception as error:  # noqa: BLE001 - raised again below, in the asking thread
                trouble.append(error)
            finally:
                finished.put(key)

        here, *others = sources.items()
        for other in others:
            self._askers.give(partial(ask, *other))
        ask(*here)
        for _ in sources:
            finished.get()
        if trouble:
            raise trouble[0]
        there = [key for key in sources if key not in ended]
        return Answers({key: said[key] for key in there if key in said}, there)


def _number(value: Any) -> Any:
    return value if isinstance(value, (int, float)) else 0
