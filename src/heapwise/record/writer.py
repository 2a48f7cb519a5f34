"""Writes a recording while the run goes on."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from heapwise.model.gc import Pause
from heapwise.model.load import Hits
from heapwise.model.memory import HostSample, MemorySample, ProcessSample
from heapwise.model.recording import (
    BodyRef,
    Capture,
    Event,
    Manifest,
    Problem,
    Scope,
    Summary,
    Window,
)
from heapwise.record.capture.trace_file import TraceFile
from heapwise.record.directory import abandon, claim
from heapwise.record.files import (
    GCTRACE,
    LOG,
    MANIFEST,
    PROFILE_KIND,
    PROFILES,
    SUMMARY,
    body_file,
    cannot_write,
    sync_directory,
    write_atomically,
)
from heapwise.record.logwriter import LogWriter
from heapwise.record.room import Room
from heapwise.record.streams import (
    COLUMNS,
    HITS,
    HOST,
    MEMORY,
    PAUSES,
    PROCESS,
    memory_rows,
    rows_of,
)

WINDOW = "window"
PROBLEM = "problem"
PROFILE = "profile"
RESPONSE_BODY = "response-body"
CAPTURE = "capture"
CAPTURE_FAILED = "capture-failed"
"""Not our own: what could not be taken is worth a look."""

WORK_UNIT = "work-unit"
"""Tells what is counted, once that is known."""

OWN_EVENTS = frozenset({WORK_UNIT, WINDOW, PROBLEM, PROFILE, RESPONSE_BODY, CAPTURE})
"""Events that the loader turns into something else."""


class RecordingWriter:
    """A recording being written. Every method may be called from any thread.

    Without `finish` it is an interrupted recording, which is as readable as any. Once a write
    has failed, every method that takes data raises `RecordingError`.
    """

    def __init__(self, path: Path, lock: int, log: LogWriter, room: Room, zero_ns: int) -> None:
        self.path = path
        self._lock = lock
        self._log = log
        self._room = room
        self._zero_ns = zero_ns
        self._files = threading.Lock()  # guards what is kept beside the log
        self._profiles = 0
        self._traces = 0
        self._problems: list[Problem] = []
        self._closed = False

    @classmethod
    def create(
        cls,
        path: Path,
        manifest: Manifest,
        *,
        bodies: Sequence[bytes | None] = (),
        force: bool = False,
    ) -> Self:
        """Start a recording.

        Args:
            path: of the directory to create, ``NAME.hw``.
            manifest: bodies in its plan are not stored; they are kept by their hash beside it.
            bodies: one per target of the plan; default: those of the plan.
            force: replace a recording that is there, and nothing else.

        Raises:
            UsageError: something is there that must not be replaced.
            RecordingError: another process is writing there, or it cannot be written.
        """
        if not bodies and manifest.plan is not None:
            bodies = [target.body or None for target in manifest.plan.targets]
        try:
            lock = claim(path, force=force)
        except OSError as error:
            raise cannot_write(path, error) from None
        try:
            return cls._begin(path, lock, _stored(manifest, bodies), bodies)
        except OSError as error:
            failure = cannot_write(path, error)
            abandon(path, lock)
            raise failure from None

    @classmethod
    def _begin(
        cls, path: Path, lock: int, manifest: Manifest, bodies: Sequence[bytes | None]
    ) -> Self:
        for ref, body in zip(manifest.bodies, bodies, strict=True):
            if ref is not None and body is not None:
                write_atomically(path / ref.file, body)
        encoded = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
        write_atomically(path / MANIFEST, encoded, durable=True)
        room = Room(path)
        log = LogWriter(path / LOG, sha256(encoded).hexdigest(), COLUMNS, room)
        room.reserve()
        sync_directory(path)
        return cls(path, lock, log, room, manifest.clock.monotonic_ns)

    def hits(self, hits: Hits) -> None:
        """Take hits over, times in ns since the run's zero."""
        self._log.append(HITS, hits.rows())

    def memory(self, sample: MemorySample) -> None:
        """Take a reading of the service's counters over."""
        self._log.append(MEMORY, memory_rows(sample))

    def process(self, sample: ProcessSample) -> None:
        """Take over what the operating system says of the service."""
        self._append(PROCESS, [sample])

    def pauses(self, pauses: Sequence[Pause]) -> None:
        """Take over pauses that were not seen before, oldest first."""
        self._append(PAUSES, pauses)

    def host(self, samples: Sequence[HostSample]) -> None:
        """Take over what the machine says of itself."""
        self._append(HOST, samples)

    def _append(self, stream: str, structs: Sequence[msgspec.Struct]) -> None:
        if structs:
            self._log.append(stream, rows_of(structs))

    def event(self, at_ns: int, kind: str, **fields: object) -> None:
        """Note that something happened, ``at_ns`` since the run's zero."""
        self._log.event(Event(at_ns, kind, fields))

    def window(self, window: Window) -> None:
        """Note a window when it opens, without `Window.after`, and again when it closes."""
        last = window.after or window.before
        self._log.event(Event(last.at_ns, WINDOW, msgspec.to_builtins(window)))

    def work_unit(self, at_ns: int, unit: str) -> None:
        """Note what is counted."""
        self.event(at_ns, WORK_UNIT, unit=unit)

    def capture(self, capture: Capture) -> None:
        """Note a capture; one that goes to the disk bit by bit when it begins, and again."""
        self._log.event(Event(capture.began_ns, CAPTURE, msgspec.to_builtins(capture)))

    def problem(self, problem: Problem) -> None:
        """Note what limits the figures; the summary repeats it."""
        self._log.event(Event(self._now(), PROBLEM, msgspec.to_builtins(problem)))
        self._problems.append(problem)

    def profile(self, kind: str, data: bytes) -> str:
        """Keep a profile exactly as received.

        Args:
            kind: what it is, as ``heap-before-load``: lower case letters, digits, ``-`` and ``_``.
            data: its bytes.

        Returns:
            Its name relative to the recording.
        """
        if not PROFILE_KIND.fullmatch(kind):
            raise ValueError(f"not a kind of profile: {kind!r}")
        with self._files:
            name = f"{PROFILES}/{self._profiles:04d}-{kind}.pb.gz"
            self._profiles += 1
            self._keep(name, data)
        digest = sha256(data).hexdigest()
        self.event(self._now(), PROFILE, file=name, sha256=digest, size=len(data))
        return name

    def trace_file(self, most: int) -> TraceFile:
        """A file for an execution trace of at most so many bytes.

        Raises:
            RecordingError: it cannot be made, or a write had failed before.
        """
        self._room.check()
        with self._files:
            name = f"trace-{self._traces:04d}.out"
            self._traces += 1
        try:
            return TraceFile(self.path, name, most)
        except OSError as error:
            raise cannot_write(self.path, error) from None

    def response_body(self, target: int, body: bytes) -> None:
        """Keep a decompressed response of a target for an oracle."""
        digest = sha256(body).hexdigest()
        with self._files:
            self._keep(body_file(digest), body)
        self.event(self._now(), RESPONSE_BODY, target=target, sha256=digest, size=len(body))

    @property
    def stderr_path(self) -> Path:
        """Where the service's standard error goes, for its ``gctrace`` lines."""
        return self.path / GCTRACE

    def finish(self, *, interrupted: bool = False) -> None:
        """End the recording in order; ``interrupted`` says that the user stopped it early.

        Raises:
            RecordingError: it could not be ended, or a write had failed that nobody heard of.
        """
        self._room.release()
        last_seq = self._log.end()
        failure = self._failure()
        summary = Summary(
            finished=datetime.now(UTC).isoformat(timespec="milliseconds"),
            last_seq=last_seq,
            interrupted=interrupted or bool(failure),
            problems=(*self._problems, *failure),
        )
        encoded = msgspec.json.format(msgspec.json.encode(summary), indent=2)
        try:
            write_atomically(self.path / SUMMARY, encoded, durable=True)
        except OSError as error:
            raise cannot_write(self.path, error) from None
        finally:
            self.close()
        if not self._room.reported:
            self._room.check()

    def close(self) -> None:
        """Write what waits and let go of the directory."""
        with self._files:
            if self._closed:
                return
            self._closed = True
        self._log.close()
        self._room.release()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def _now(self) -> int:
        return time.monotonic_ns() - self._zero_ns

    def _keep(self, name: str, data: bytes) -> None:
        """Write a file beside the log.

        Raises:
            RecordingError: it cannot be written, or a write had failed before.
        """
        self._room.check()
        try:
            self._room.attempt(lambda: write_atomically(self.path / name, data))
        except OSError as error:
            self._room.reported = True
            raise cannot_write(self.path, error) from None

    def _failure(self) -> tuple[Problem, ...]:
        """Why no more could be written, where that ended the recording."""
        failure = self._room.failure
        if failure is None:
            return ()
        what = f"the recording stops early: {failure.why}"
        return (Problem(scope=Scope.ALL, what=what, remedy=failure.hint),)


def _stored(manifest: Manifest, bodies: Sequence[bytes | None]) -> Manifest:
    """The manifest with references in the place of bodies."""
    plan = manifest.plan
    if plan is None:
        return manifest
    targets = tuple(msgspec.structs.replace(target, body=b"") for target in plan.targets)
    return msgspec.structs.replace(
        manifest,
        plan=msgspec.structs.replace(plan, targets=targets),
        bodies=tuple(_reference(body) for body in bodies),
    )


def _reference(body: bytes | None) -> BodyRef | None:
    if not body:
        return None
    digest = sha256(body).hexdigest()
    return BodyRef(digest, len(body), body_file(digest))
