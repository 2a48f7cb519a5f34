"""What every call path of a recording costs per unit of work."""

from __future__ import annotations

from heapwise.analysis.path_changes import Costs, path_costs
from heapwise.errors import RecordingError, UsageError
from heapwise.model.recording import Recording
from heapwise.model.report import RunReport
from heapwise.record.recorded_profile import recorded_profile


def recorded_costs(recording: Recording, report: RunReport) -> Costs | None:
    """Bytes per unit of work by call path; None where the recording does not tell.

    Args:
        recording: with its profiles.
        report: of the recording, for its exact costs.
    """
    try:
        _, profile = recorded_profile(recording, "alloc_space")
    except (RecordingError, UsageError):  # no profile, or none that counts allocations
        return None
    return path_costs(profile, report.per_work, recording.manifest.service.runtime)
