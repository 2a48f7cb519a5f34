"""What a profile gained over an earlier one of the same process.

The two may number their strings, functions and locations differently: everything is matched by
content, as ``go tool pprof -base`` does. A sample is its call stack and its labels; a location is
its source lines and its address within its mapping, so that a mapping that moved still matches.
"""

from __future__ import annotations

from dataclasses import replace

from heapwise.analysis.merge import against
from heapwise.errors import ProfileError
from heapwise.model.profile import Profile


def subtract(before: Profile, after: Profile) -> Profile:
    """``after`` minus ``before``, sample by sample; samples that cancel out are gone.

    Equal to pprof's ``Merge(after, Scale(before, -1))``, except that the times are those of Go's
    own ``seconds=N`` deltas: taken when ``after`` was, as long as lies between the two. Values of
    counters that only grow stay positive; ``inuse_*`` may come out negative.

    Args:
        before: the earlier profile.
        after: the later one.

    Raises:
        ProfileError: the two do not count the same things, or not at the same sampling rate: the
            runtime scales everything since its start by the rate of the moment.
    """
    _require_same_kind(before, after)
    _require_same_rate(before, after)
    return replace(
        against(before, after),
        time_ns=after.time_ns,
        duration_ns=max(0, after.time_ns - before.time_ns),
        default_sample_type=after.default_sample_type,
        comments=after.comments,
        doc_url=after.doc_url,
    )


def _require_same_kind(before: Profile, after: Profile) -> None:
    if before.sample_types == after.sample_types and before.period_type == after.period_type:
        return
    raise ProfileError(
        "the two profiles cannot be subtracted",
        f"one counts {_kind(before)}, the other {_kind(after)}",
        "take both from the same endpoint",
    )


def _require_same_rate(before: Profile, after: Profile) -> None:
    if before.period == after.period or not len(before) or not len(after):
        return
    raise ProfileError(
        "the two profiles cannot be subtracted",
        f"the sampling rate changed from {before.period:,} to {after.period:,} between them",
        "set runtime.MemProfileRate once, first thing in main",
    )


def _kind(profile: Profile) -> str:
    types = ", ".join(map(str, profile.sample_types)) or "nothing"
    return f"{types} per {profile.period_type}"
