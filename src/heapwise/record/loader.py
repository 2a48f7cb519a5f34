"""Reads a recording, whatever state it is in and whoever wrote it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

from heapwise.errors import RecordingError
from heapwise.formats import pprof
from heapwise.formats.framelog import LogContents, read_log
from heapwise.formats.gctrace import parse_log
from heapwise.formats.work_counts import MAX_NAME
from heapwise.model.gc import GcCycle, Pause
from heapwise.model.load import Hits
from heapwise.model.memory import HostSample, ProcessSample
from heapwise.model.profile import Int64s
from heapwise.model.recording import (
    FORMAT,
    Capture,
    Event,
    Manifest,
    Problem,
    RecordedTrace,
    Recording,
    Scope,
    State,
    Summary,
    Window,
)
from heapwise.record.capture.summaries import read_traces
from heapwise.record.directory import MANIFEST_LIMIT, decode_manifest, is_being_written
from heapwise.record.files import GCTRACE, LOG, MANIFEST, SUMMARY, read_file
from heapwise.record.kept import (
    KeptBody,
    KeptProfile,
    read_body,
    read_profiles,
    replayable_plan,
)
from heapwise.record.streams import (
    HITS,
    HOST,
    MEMORY,
    PAUSES,
    PROCESS,
    empty_rows,
    memory_samples,
    stream_rows,
    structs_from,
)
from heapwise.record.writer import (
    CAPTURE,
    CAPTURE_FAILED,
    OWN_EVENTS,
    PROBLEM,
    PROFILE,
    RESPONSE_BODY,
    WINDOW,
    WORK_UNIT,
)

LOG_LIMIT = 4 << 30
GCTRACE_LIMIT = 1 << 30
SUMMARY_LIMIT = 16 << 20

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def load(path: Path, *, max_profile_bytes: int = pprof.LIMITS.decompressed) -> Recording:
    """Read a recording: finished, interrupted, damaged, or still being written.

    Args:
        path: of the directory.
        max_profile_bytes: the largest profile to read, decompressed.

    Raises:
        RecordingError: there is no recording, or it needs a newer heapwise. Damage is no error:
            what is lost stands in `Recording.loss` and `Recording.problems`.
    """
    return _Loader(path).recording(replace(pprof.LIMITS, decompressed=max_profile_bytes))


def response_bodies(path: Path) -> dict[int, list[bytes]]:
    """The response bodies that were kept, by target, decompressed, in the order they came.

    Raises:
        RecordingError: there is no recording.
    """
    bodies: dict[int, list[bytes]] = defaultdict(list)
    for kept in _Loader(path).noted(RESPONSE_BODY, KeptBody):
        body = read_body(path, kept.sha256)
        if body is not None:
            bodies[kept.target].append(body)
    return dict(bodies)


class _Loader:
    """The log and its surroundings, and what is wrong with them.

    The order of reading matters for a run that is going on: the summary is written after the
    log and before the lock is given up, so a summary means that the log read next is whole.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        encoded = _manifest_bytes(path)
        self.manifest = _checked_manifest(path, encoded)
        self.in_progress = is_being_written(path)
        self.summary = self._summary()
        self.log = self._log(sha256(encoded).hexdigest())

    def recording(self, limits: pprof.Limits) -> Recording:
        """Put everything together."""
        plan = replayable_plan(self.path, self.manifest, self.problems)
        kept = self.noted(PROFILE, KeptProfile)
        profiles = read_profiles(self.path, kept, limits, self.problems)
        windows = {window.name: window for window in self.noted(WINDOW, Window)}
        captures = self._captures()
        return Recording(
            name=self.path.resolve().name,
            manifest=msgspec.structs.replace(self.manifest, plan=plan, work_unit=self._work_unit()),
            state=self._state(),
            windows=tuple(windows.values()),
            hits=Hits.from_rows(self._rows(HITS)),
            memory=memory_samples(self._rows(MEMORY)),
            process=structs_from(ProcessSample, self._rows(PROCESS)),
            pauses=structs_from(Pause, self._rows(PAUSES)),
            cycles=self._cycles(),
            events=tuple(event for event in self.log.events if event.kind not in OWN_EVENTS),
            profiles=profiles,
            loss=self.log.loss,
            host=structs_from(HostSample, self._rows(HOST)),
            captures=captures,
            traces=self._traces(captures),
            problems=self._problems(),
        )

    def noted(self, kind: str, as_type: type[_Struct]) -> tuple[_Struct, ...]:
        """What the log's own events of one kind carry."""
        found = (_carried(event, as_type) for event in self.log.events if event.kind == kind)
        return tuple(carried for carried in found if carried is not None)

    def _summary(self) -> Summary | None:
        try:
            return msgspec.json.decode(read_file(self.path / SUMMARY, SUMMARY_LIMIT), type=Summary)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, RecursionError) as error:
            self._note(Scope.NONE, f"{SUMMARY} cannot be read: {error}")
            return None

    def _log(self, manifest: str) -> LogContents:
        try:
            data = read_file(self.path / LOG, LOG_LIMIT)
        except OSError as error:
            self._note(Scope.ALL, f"the log cannot be read: {error}")
            data = b""
        log = read_log(data, last_seq=self.summary.last_seq if self.summary else None)
        if log.manifest not in ("", manifest):
            self._note(Scope.ALL, f"{MANIFEST} is not the one that this log was written for")
        self._judge(log)
        return log

    def _judge(self, log: LogContents) -> None:
        loss = log.loss
        if loss.lost_records:
            self._note(Scope.ALL, f"{loss.lost_records} records of the log are lost")
        elif loss.damaged_bytes:
            self._note(
                Scope.NONE, f"{loss.damaged_bytes} bytes of the log are damaged; no record is lost"
            )
        if log.unknown_frames:
            self._note(
                Scope.NONE,
                f"{log.unknown_frames} entries of the log were written by a newer heapwise",
            )

    def _state(self) -> State:
        if self.summary is not None:
            return State.INTERRUPTED if self.summary.interrupted else State.COMPLETE
        return State.IN_PROGRESS if self.in_progress else State.INTERRUPTED

    def _captures(self) -> tuple[Capture, ...]:
        """As each was noted last, without those that came to nothing."""
        failed = {
            str(event.fields.get("file"))
            for event in self.log.events
            if event.kind == CAPTURE_FAILED
        }
        noted = {each.file: each for each in self.noted(CAPTURE, Capture)}
        return tuple(each for each in noted.values() if each.file not in failed)

    def _work_unit(self) -> str:
        """What was counted, which a run that counts no requests finds out on its way."""
        for event in self.log.events:
            unit = event.fields.get("unit")
            if event.kind == WORK_UNIT and self.manifest.plan is None and isinstance(unit, str):
                return unit[:MAX_NAME]
        return self.manifest.work_unit

    def _traces(self, captures: tuple[Capture, ...]) -> tuple[RecordedTrace, ...]:
        return read_traces(
            self.path,
            [capture for capture in captures if capture.kind == "trace"],
            self.manifest.clock,
            self.problems,
            same_host=self.manifest.service.same_host,
        )

    def _rows(self, stream: str) -> Int64s:
        try:
            return stream_rows(self.log, stream)
        except ValueError as error:
            self._note(Scope.ALL, str(error))
            return empty_rows(stream)

    def _cycles(self) -> tuple[GcCycle, ...]:
        try:
            return parse_log(read_file(self.path / GCTRACE, GCTRACE_LIMIT)).cycles
        except FileNotFoundError:
            return ()
        except OSError as error:
            self._note(Scope.GC, f"the service's gctrace cannot be read: {error}")
            return ()

    def _problems(self) -> tuple[Problem, ...]:
        """Those noted while recording, then those found while loading."""
        summary = self.summary
        recorded = (*self.noted(PROBLEM, Problem), *(summary.problems if summary else ()))
        return tuple(dict.fromkeys((*recorded, *self.problems)))

    def _note(self, scope: Scope, what: str) -> None:
        self.problems.append(Problem(scope=scope, what=what))


def _carried(event: Event, as_type: type[_Struct]) -> _Struct | None:
    """The struct in an event's fields; None where a newer version put something else there."""
    try:
        return msgspec.convert(event.fields, as_type)
    except msgspec.ValidationError:
        return None


def _manifest_bytes(path: Path) -> bytes:
    if not path.exists():
        raise RecordingError(f"there is no recording {path}")
    try:
        return read_file(path / MANIFEST, MANIFEST_LIMIT)
    except OSError as error:
        raise RecordingError(
            f"{path} is not a recording",
            f"its {MANIFEST} cannot be read: {error.strerror or error}",
            "name the directory that `heapwise run -o` or `heapwise record -o` wrote",
        ) from None


def _checked_manifest(path: Path, encoded: bytes) -> Manifest:
    try:
        version = msgspec.json.decode(encoded, type=_Version)
        if version.format > FORMAT:
            raise RecordingError(
                f"cannot read the recording {path}",
                f"heapwise {version.tool} wrote it in a newer format",
                "read it with that version",
            )
        return decode_manifest(encoded)
    except (ValueError, RecursionError) as error:
        raise RecordingError(
            f"{path} is not a recording", f"its {MANIFEST} is damaged: {error}"
        ) from None


class _Version(msgspec.Struct, frozen=True):
    format: int
    tool: str
