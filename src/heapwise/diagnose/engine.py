"""Runs every rule over a recording and puts what they find in order."""

from __future__ import annotations

from heapwise.diagnose.case import Case
from heapwise.diagnose.registry import RULES, PathRule
from heapwise.model.finding import Finding
from heapwise.model.load import Hits, Outcome
from heapwise.model.profile import Profile
from heapwise.model.recording import Recording
from heapwise.model.work import PerWork


def diagnose(
    recording: Recording, window: Profile, live: Profile | None, per_work: PerWork | None
) -> tuple[Finding, ...]:
    """What is wrong with a service, the most worthwhile first.

    Args:
        recording: the run, for what is known of the service.
        window: the later heap profile of the window to judge minus the earlier one.
        live: the later one, for what is still reachable; None if there is none.
        per_work: the exact costs of that window; None where the counters could not be read.

    Raises:
        ProfileError: ``window`` is not a heap profile.
    """
    case = Case.of(
        window,
        live,
        per_work,
        runtime=recording.manifest.service.runtime,
        body_bytes=_mean_body(recording.hits),
    )
    return examine(case)


def examine(case: Case) -> tuple[Finding, ...]:
    """The findings of every rule, the most worthwhile first."""
    by_path = (
        finding for rule in RULES if isinstance(rule, PathRule) for finding in rule.find(case)
    )
    return tuple(sorted(by_path, key=worth, reverse=True))


def worth(finding: Finding) -> tuple[float, float]:
    """What findings are ranked by: the expected gain, then the share of the bytes."""
    gain, evidence = finding.gain_bytes_per_work, finding.evidence
    return gain if gain is not None else 0.0, evidence.bytes_share.value if evidence else 0.0


def _mean_body(hits: Hits) -> float | None:
    """Body bytes of a complete response on the wire; None where nobody drove the load."""
    sizes = hits.bytes_in[hits.outcome == Outcome.OK]
    return float(sizes.mean()) if len(sizes) else None
