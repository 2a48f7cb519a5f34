"""A variant's report, with what is found in the source that it was made of."""

from __future__ import annotations

from pathlib import Path

import msgspec

from heapwise.errors import Interrupted, ProfileError, RecordingError
from heapwise.model.recording import Recording, State
from heapwise.model.report import RunReport
from heapwise.record.analyse import analyse
from heapwise.record.diagnosis import diagnose_recording
from heapwise.record.store import load


def finished(name: str, path: Path) -> Recording:
    """Read the recording of a variant that nobody stopped.

    Raises:
        Interrupted: the user did.
        RecordingError: the recording cannot be read.
    """
    recording = load(path)
    if recording.state is State.INTERRUPTED:
        raise Interrupted(f"stopped during {name}", hint=f"what was recorded is in {path.parent}")
    return recording


def explained(name: str, path: Path, source: Path) -> RunReport:
    """Analyse a recording, and diagnose it as ``heapwise diagnose RECORDING SOURCE`` does.

    Args:
        name: of the variant.
        path: of the recording.
        source: directory of the variant's sources.

    Raises:
        Interrupted: the user stopped it.
        RecordingError: the recording cannot be read.
    """
    report = analyse(finished(name, path))
    try:
        found = diagnose_recording(path, source).diagnosis.findings
    except (ProfileError, RecordingError):
        return report  # one that was killed may have left no profile
    return msgspec.structs.replace(report, findings=found)
