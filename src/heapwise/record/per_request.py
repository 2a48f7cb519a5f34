"""A recording looked at per request: its profile, with the exact costs of its work."""

from __future__ import annotations

from pathlib import Path

from heapwise.analysis.frames import frames_of
from heapwise.analysis.per_request_view import PerRequestLook, per_request
from heapwise.analysis.view import Query
from heapwise.errors import RecordingError, UsageError
from heapwise.model.recording import Recording
from heapwise.model.work import PerWork
from heapwise.record.analyse import analyse
from heapwise.record.files import is_recording
from heapwise.record.recorded_profile import recorded_profile
from heapwise.record.sources import Sources
from heapwise.record.store import load

_HINT = "name one recording, as `heapwise run` and `heapwise record` write it"


def look_per_request(sources: Sources, query: Query) -> PerRequestLook:
    """Look at one recording, with everything divided by the work that was done in it.

    Raises:
        UsageError: the source is no recording, there are several, or one is to be subtracted; or
            the sample type is not one that a request can cause.
        RecordingError: the recording cannot be read, or its costs are not known.
    """
    if len(sources.specs) > 1 or sources.base:
        raise UsageError(
            "-per-request shows one recording",
            f"{len(sources.specs) + bool(sources.base)} sources are given",
            "`heapwise diff BASE NEW` compares two of them per request",
        )
    spec, reading = sources.specs[0], sources.reading
    if not is_recording(Path(spec)):
        raise UsageError("-per-request needs a recording", f"{spec} is none", _HINT)
    recording = load(Path(spec), max_profile_bytes=reading.limits.decompressed)
    name, profile = recorded_profile(recording, query.sample_type)
    packs_tiny = frames_of(recording.manifest.service.runtime).packs_tiny
    return per_request(profile, exact_costs(recording), query, source=name, packs_tiny=packs_tiny)


def exact_costs(recording: Recording) -> PerWork:
    """What the report of a recording says one unit of its work costs.

    Raises:
        RecordingError: it does not say.
    """
    report = analyse(recording)
    costs = report.per_work
    if costs is None or costs.bytes is None:
        why = report.problems[0].what if report.problems else "nothing was counted"
        raise RecordingError(
            f"what a {report.work_unit} costs in {report.name} is not known",
            why,
            f"`heapwise report {report.name}` shows what is",
        )
    return costs
