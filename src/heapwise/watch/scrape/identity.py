"""Which process a target is, asked once in its life: its build, its start, what limits it.

Where it runs on this machine the system tells; elsewhere only what it says itself.
"""

from __future__ import annotations

import os
import time

import msgspec
from msgspec.structs import replace

from heapwise.analysis.gc_overview.pacing import told_by
from heapwise.errors import HeapwiseError
from heapwise.formats.pprof import decode
from heapwise.model.watch import Vitals
from heapwise.names import visible
from heapwise.record.procfs import Usage, cgroup_limit, tree_usage
from heapwise.runtimes import local
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.fetch import get
from heapwise.runtimes.go.buildinfo import go_version
from heapwise.runtimes.python.service import process_of
from heapwise.runtimes.wire import Deadline
from heapwise.units import NS_PER_S

_SETTINGS = frozenset({"GOGC", "GOMEMLIMIT"})
_SMALLEST = "threadcreate"
"""The profile that is short whatever the service does; like all of them it names the program."""

_PROFILE_BYTES = 64 << 10
_SAME_START_NS = 2_000_000_000
"""Exporters count a process's start from that of the machine, which Linux tells in seconds."""

_SHOWN = 12
"""Digits of a linker's build id that tell it from others."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A process.

    Attributes:
        build: what tells its program from other builds, by the source it was first read from: the
            next one may know another name; empty if nothing does.
        pid: on this machine; None where that is not certain.
        version: of its runtime; empty if not told.
        started_ns: unix ns, by the source that told it first; of a Go process elsewhere the end of
            its first collection, if that was still remembered when it was met. Whoever collects
            much has collected soon.
        limit: bytes of memory that its control group allows it.
        settings: GOGC and GOMEMLIMIT as it was started with them.
        workers: interpreters of Python, each with a lock that gives it one processor.
        since_ns: when there began to be so many of them, unix ns; None for when it started.
        earlier_s: CPU seconds that they could have had before.
    """

    build: str = ""
    version: str = ""
    pid: int | None = None
    started_ns: int | None = None
    limit: float | None = None
    settings: dict[str, str] = {}
    workers: int = 0
    since_ns: int | None = None
    earlier_s: float = 0.0

    @property
    def alive(self) -> bool:
        """False where its process on this machine has gone."""
        return self.pid is None or (local.PROC / str(self.pid)).is_dir()

    def dated(self, vitals: Vitals) -> Identity:
        """The same with a start, if these vitals are the first to tell one.

        It stays, as the build does: another source dates the same process otherwise, and whoever
        reckons by the time since boot otherwise once a clock was set.
        """
        if self.started_ns is not None:
            return self
        began = vitals.started_ns
        if began is None and vitals.runtime == "go":
            began = next((pause.end_ns for pause in vitals.pauses if pause.number == 1), None)
        return self if began is None else replace(self, started_ns=began)

    def staffed(self, page: Endpoint, workers: tuple[int, ...], at_ns: int) -> Identity:
        """The same with as many workers from now on; none where nobody says.

        A service that was met while it started may since have others beside the one that answers,
        all of them children of one process.
        """
        if self.started_ns is None or len(workers) in {0, self.workers}:
            return self
        of_all = process_of(page, workers) if len(workers) > self.workers else None
        return replace(
            self,
            pid=of_all or self.pid,
            workers=len(workers),
            since_ns=at_ns,
            earlier_s=self._could_have_had_s(self.started_ns, at_ns),
        )

    def complete(self, vitals: Vitals) -> Vitals:
        """The vitals with what the system knows besides, and they do not tell."""
        usage = None
        if self.pid is not None and None in (vitals.rss, vitals.cpu_s):
            usage = tree_usage(self.pid)
        told = told_by(self.settings, whole=False)
        known = {
            "version": self.version or None,
            "gogc": None if told.gogc is None else max(0.0, told.gogc),
            "rss": None if usage is None else float(usage.rss),
            "cpu_s": None if usage is None else _cpu_s(usage),
        }
        added = {n: value for n, value in known.items() if getattr(vitals, n) in (None, "")}
        given = told.memory_limit if told.memory_limit and told.memory_limit > 0 else None
        limits = (vitals.limit, self.limit, given)
        vitals = replace(
            vitals,
            build=self.build or vitals.build,
            started_ns=vitals.started_ns if self.started_ns is None else self.started_ns,
            limit=min((limit for limit in limits if limit is not None), default=None),
            hard_limit=self.limit,
            **{name: value for name, value in added.items() if value is not None},
        )
        return self._with_cpu_of_python(vitals) if self.workers else vitals

    def _with_cpu_of_python(self, vitals: Vitals) -> Vitals:
        """What it could have had, by its age, and that its collections are counted at once."""
        if vitals.started_ns is None:
            return vitals
        could_s = self._could_have_had_s(vitals.started_ns, vitals.at_ns)
        return replace(vitals, cpu_available_s=could_s, cpu_counted_s=vitals.cpu_s)

    def _could_have_had_s(self, started_ns: int, at_ns: int) -> float:
        since_ns = started_ns if self.since_ns is None else self.since_ns
        return self.earlier_s + self.workers * max(0, at_ns - since_ns) / NS_PER_S


def identify(
    page: Endpoint,
    debug: Endpoint | None,
    vitals: Vitals,
    workers: tuple[int, ...],
    deadline: Deadline,
) -> Identity:
    """Find out what can be known.

    Args:
        page: that was read.
        debug: where the profiles are; None where that is not known.
        vitals: that it told.
        workers: numbers of its processes, if it told those.
        deadline: for asking once more.
    """
    program, build_id = "", ""
    if debug is not None and vitals.runtime == "go":
        program, build_id = _program(debug, deadline)
    build = vitals.build or build_id[:_SHOWN]
    pid = process_of(page, workers) if workers else _pid(page, vitals, program)
    if pid is None:
        return Identity(build=build, workers=len(workers))
    limit = cgroup_limit(pid)
    return Identity(
        build=build,
        version=go_version(local.PROC / str(pid) / "exe") if vitals.runtime == "go" else "",
        pid=pid,
        started_ns=_started(pid),
        limit=float(limit) if limit > 0 else None,
        settings=local.environment(pid, _SETTINGS) if vitals.runtime == "go" else {},
        workers=len(workers),
    )


def _program(debug: Endpoint, deadline: Deadline) -> tuple[str, str]:
    """The file that runs, and its linker's build id in hexadecimal digits, by a profile."""
    try:
        answer = get(debug, _SMALLEST, deadline_s=deadline.left() / 2, max_bytes=_PROFILE_BYTES)
        profile = decode(answer.body)
    except (HeapwiseError, TimeoutError):
        return "", ""
    if not len(profile.mappings):
        return "", ""
    first = profile.mappings[0]  # by convention the program itself (profile.proto)
    file, build_id = (profile.strings[first[part]] for part in ("filename", "build_id"))
    return visible(file.decode("utf-8", "replace")), visible(build_id.decode("utf-8", "replace"))


def _pid(page: Endpoint, vitals: Vitals, program: str) -> int | None:
    """The process on this machine; None where the listener may be another one, as a proxy."""
    pid = local.listener(page)
    if pid is None:
        return None
    if vitals.started_ns is not None:
        began = _started(pid)
        return pid if began and abs(began - vitals.started_ns) < _SAME_START_NS else None
    try:
        running = str((local.PROC / str(pid) / "exe").readlink())
    except OSError:
        return None
    return pid if program and running == program else None


def _started(pid: int) -> int | None:
    """When a process began, unix ns by the clock as it is set now: proc(5), ``starttime``."""
    try:
        stat = (local.PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    ticks = stat.rpartition(")")[2].split()[19:20]
    if not ticks or not ticks[0].isdigit():
        return None
    booted = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return booted + int(ticks[0]) * NS_PER_S // os.sysconf("SC_CLK_TCK")


def _cpu_s(usage: Usage) -> float:
    return (usage.cpu_user_ns + usage.cpu_system_ns) / NS_PER_S
