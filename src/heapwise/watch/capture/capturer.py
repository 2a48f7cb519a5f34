"""Takes profiles because of signs: few, bounded, and never against a target that is busy.

One thread, the watcher's loop, owns this object, and none of its calls waits: answers are waited
for, read and diagnosed in a small pool, and `step` fetches what came of it.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec

from heapwise.analysis.growth.evidence import Evidence
from heapwise.errors import HeapwiseError
from heapwise.model.watch import Alert, Captured, Target, Vitals
from heapwise.runtimes.endpoint import Endpoint
from heapwise.watch.capture.commands import commands
from heapwise.watch.capture.evidence import compared, explained, said, stuck
from heapwise.watch.capture.findings import Said, findings_of, growing_first
from heapwise.watch.capture.gate import Gate
from heapwise.watch.capture.line import TOO_LITTLE, Line, Point
from heapwise.watch.capture.lines import LineKey, Lines
from heapwise.watch.capture.recent import Recent
from heapwise.watch.capture.settings import CPU, GOROUTINE, HEAP, LEAKED, OF_GO, CaptureSettings
from heapwise.watch.capture.take import Taken, Taking
from heapwise.watch.clock import Clock
from heapwise.watch.scale import Scale

_RETRY_MINUTES = 1.0
_MOST_NOTES = 20

_UNKNOWN = "answered 404"
"""What Go says of a profile that it does not have."""


class Keeper(Protocol):
    """What keeps profiles: the store."""

    def profile(
        self, target_key: str, kind: str, reason: str, at_ns: int, data: bytes, build: str = ""
    ) -> Captured:
        """Keep the bytes as they are."""
        ...

    def profile_path(self, number: int, /) -> Path:
        """Where they lie."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """A profile that is being taken for a line."""

    line: Line
    reason: str
    at_ns: int
    cycles: int | None
    build: str
    floor: float | None
    load: float | None
    taking: Taking
    future: Future[Taken]


class Capturer:
    """Decides what to take, has it taken, and tells what it shows.

    Args:
        keeper: for the bytes.
        clock: tells when.
        scale: of the lengths of time.
        settings: what it may cost.
        endpoint_of: the debug endpoint of a target; None where it has none.
        source_of: directory of a service's source; None where nobody gave it.
    """

    def __init__(
        self,
        keeper: Keeper,
        clock: Clock,
        scale: Scale,
        settings: CaptureSettings,
        *,
        endpoint_of: Callable[[Target], Endpoint | None],
        source_of: Callable[[str], Path | None] = lambda _: None,
    ) -> None:
        self._keeper = keeper
        self._clock = clock
        self._settings = settings
        self._retry_ns = scale.ns(minutes=_RETRY_MINUTES)
        self._endpoint_of = endpoint_of
        self._source_of = source_of
        self._scale = scale
        self._gate = Gate(settings, scale)
        self._recent: dict[str, Recent] = {}
        self._lines = Lines(settings, scale)
        self._notes: dict[str, dict[str, None]] = defaultdict(dict)
        self._jobs: dict[str, _Job] = {}
        self._diagnoses: list[tuple[Line, Future[Said]]] = []
        self._pool = ThreadPoolExecutor(settings.at_once, "heapwise-capture")

    def seen(self, target: Target, vitals: Vitals) -> None:
        """Take note of how a target does: its collections, its live heap, how busy it is."""
        recent = self._recent.get(target.key)
        if recent is None:
            self._recent[target.key] = Recent(self._scale, vitals)
        else:
            recent.seen(vitals)

    def wants(self, target: Target, vitals: Vitals, alert: Alert, kinds: Iterable[str]) -> None:
        """Have captured what would explain an alert; again and again is the same as once.

        Args:
            target: of the alert.
            vitals: its last ones.
            alert: while it is open.
            kinds: of `Sign.wants`.
        """
        for kind in (*kinds, *([LEAKED] if GOROUTINE in kinds else ())):
            if kind not in self._settings.kinds or (kind in OF_GO and vitals.runtime != "go"):
                continue
            if self._endpoint_of(target) is None:
                self._note([alert.id], f"no {kind} profile: {target.key} has no debug endpoint")
                continue
            key = LineKey(target.service, vitals.build, kind)
            line = self._lines.join(alert, target, key, vitals.runtime)
            if line.target.key != target.key:
                what = f"{kind} profiles are taken of {line.target.key}, which runs the same"
                self._note([alert.id], what)

    def restarted(self, target_key: str) -> None:
        """Its process is gone, and with it what its captures can be compared with."""
        self._recent.pop(target_key, None)
        self._lines.drop(target_key)

    def closed(self, alert_id: str) -> None:
        """An alert is over."""
        self._lines.leave(alert_id)
        self._notes.pop(alert_id, None)

    def step(self) -> frozenset[str]:
        """Keep what has come, begin what is due; a few times a second or each time round.

        Returns:
            Ids of the alerts of which there is something new to tell.
        """
        changed: set[str] = set()
        for key, job in tuple(self._jobs.items()):
            if job.future.done():
                del self._jobs[key]
                changed |= self._keep(job)
        for pair in [each for each in self._diagnoses if each[1].done()]:
            self._diagnoses.remove(pair)
            line, (findings, problem) = pair[0], pair[1].result()
            line.findings = findings
            if problem:
                self._note(line.alerts, problem)
            changed |= line.alerts.keys()
        for line in self._lines:
            # One that waits for a thread would be judged by what was so before the wait.
            if len(self._jobs) + len(self._diagnoses) < self._settings.at_once:
                changed |= self._begin(line)
        return frozenset(changed)

    def evidence(self, alert: Alert) -> Alert:
        """The alert with all that its captures show so far."""
        lines = list(self._lines.of(alert.id))
        grows = next((line.evidence.grows for line in lines if line.evidence.grows), ())
        findings = next((line.findings for line in lines if line.findings), ())
        told = explained(
            alert,
            grows=grows,
            captures=(each for line in lines for each in line.captures),
            notes=(*self._notes.get(alert.id, ()), *(said(line.evidence) for line in lines)),
        )
        readable = [
            (captured, path)
            for captured in told.captures
            for line in lines
            if (path := line.files.get(captured.id)) is not None
        ]
        source = self._source_of(alert.service)
        return msgspec.structs.replace(
            told,
            findings=growing_first(findings, grows) or alert.findings,
            commands=commands(readable, source) or alert.commands,
        )

    def weighed(self, target: Target) -> Evidence | None:
        """What heap profiles say of the growth of a target's live heap.

        Returns:
            That it is too little before the first one; None where there will be none.
        """
        for line in self._lines:
            if line.series.kind == HEAP and target.key in line.alerts.values():
                return line.evidence
        possible = HEAP in self._settings.kinds and self._endpoint_of(target) is not None
        return TOO_LITTLE if possible else None

    def close(self) -> None:
        """Break off what is being taken, and end the pool."""
        for job in self._jobs.values():
            job.taking.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, line: Line) -> set[str]:
        """Begin the next capture of a line where one is due and nothing stands against it."""
        target, series, now_ns = line.target, line.series, self._clock.now_ns()
        recent = self._recent.get(target.key)
        if recent is None or target.key in self._jobs:
            return set()
        vitals = recent.vitals
        reason = series.due(now_ns, vitals.cycles)
        endpoint = self._endpoint_of(target) if reason else None
        if endpoint is None:
            return set()
        refusal = self._gate.refusal(target, series.kind, recent.busy, now_ns)
        if refusal is not None:
            self._failed(line, reason, refusal.why, again=refusal.passes)
            return set(line.alerts)
        taking = Taking(endpoint, series.kind, vitals.runtime, self._settings)
        self._jobs[target.key] = _Job(
            line=line,
            reason=reason,
            at_ns=now_ns,
            cycles=vitals.cycles,
            build=vitals.build,
            floor=recent.floor if series.kind == HEAP else vitals.tasks,
            load=recent.load,
            taking=taking,
            future=self._pool.submit(taking.run),
        )
        return set()

    def _keep(self, job: _Job) -> set[str]:
        """Put what came of a job into the store and into its line."""
        line, taken = job.line, job.future.result()
        kind = line.series.kind
        if not taken.busy:
            self._gate.done(line.target, kind, len(taken.data), job.at_ns)
        if kind == LEAKED and _UNKNOWN in taken.problem:
            line.series.skip(job.reason, job.at_ns)  # an older Go, which is no news
            return set()
        if not taken.data:
            self._failed(line, job.reason, taken.problem, again=taken.busy)
            return set(line.alerts)
        try:
            captured = self._keeper.profile(
                line.target.key, kind, job.reason, job.at_ns, taken.data, job.build
            )
            path = self._keeper.profile_path(captured.id)
        except HeapwiseError as error:
            self._failed(line, job.reason, f"it cannot be kept, {error}", again=False)
            return set(line.alerts)
        line.series.took(job.reason, job.at_ns, job.cycles)
        line.captures.append(captured)
        if taken.problem:
            self._note(line.alerts, f"capture {captured.id} cannot be read: {taken.problem}")
            return set(line.alerts)
        line.files[captured.id] = path
        if kind == LEAKED and (what := stuck(taken.held or {})):
            self._note(line.alerts, what)
        elif taken.held is not None:
            self._compare(line, Point(captured, taken.held, job.floor, job.load))
        return set(line.alerts)

    def _compare(self, line: Line, point: Point) -> None:
        line.points.append(point)
        before, line.evidence = line.evidence.says, compared(line.points)
        new = line.evidence.says is not before or len(line.points) in line.diagnosed_at
        if line.series.kind == HEAP and new:
            first, last = (line.files[each.captured.id] for each in line.ends)
            job = partial(
                findings_of,
                first,
                last,
                self._lines.beside(line, CPU),
                self._source_of(line.target.service),
                self._settings.limits,
            )
            self._diagnoses.append((line, self._pool.submit(job)))

    def _failed(self, line: Line, reason: str, why: str, *, again: bool) -> None:
        """Say why there is no capture, and try again a while later where that may help."""
        kind, now_ns = line.series.kind, self._clock.now_ns()
        jittered_ns = round(self._retry_ns * (0.5 + secrets.randbelow(1000) / 1000))
        if not again or not line.series.retry(jittered_ns, now_ns):
            line.series.skip(reason, now_ns)
        self._note(line.alerts, f"no {kind} profile of {line.target.key}: {why}")

    def _note(self, alert_ids: Iterable[str], what: str) -> None:
        for each in alert_ids:
            notes = self._notes[each]
            if len(notes) < _MOST_NOTES:
                notes[what] = None
