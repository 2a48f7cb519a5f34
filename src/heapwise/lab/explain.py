"""A variant's report, with what is found in the source that it was made of."""

from __future__ import annotations

from pathlib import Path

import msgspec

from heapwise.errors import ProfileError, RecordingError
from heapwise.model.report import RunReport
from heapwise.record.analyse import analyse
from heapwise.record.diagnosis import diagnose_recording
from heapwise.record.store import load


def explained(path: Path, source: Path) -> RunReport:
    """Analyse a recording, and diagnose it as ``heapwise diagnose RECORDING SOURCE`` does.

    Args:
        path: of the recording.
        source: directory of the variant's sources.

    Raises:
        RecordingError: the recording cannot be read.
    """
    report = analyse(load(path))
    try:
        found = diagnose_recording(path, source).diagnosis.findings
    except (ProfileError, RecordingError):
        return report  # one that was killed may have left no profile
    return msgspec.structs.replace(report, findings=found)
