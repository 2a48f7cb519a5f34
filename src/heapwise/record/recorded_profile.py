"""The heap profile that a recording stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from heapwise.analysis.diff import subtract
from heapwise.analysis.size_classes import aligned
from heapwise.analysis.view import choose_sample_type
from heapwise.errors import RecordingError
from heapwise.model.profile import Profile
from heapwise.model.recording import Fence, Recording, Window


def recorded_profile(recording: Recording, sample_type: str | None) -> tuple[str, Profile]:
    """What was live at the end of a recording, or what was allocated under its load.

    Args:
        recording: with its profiles.
        sample_type: the type that will be looked at, by default ``alloc_space``; what was live is
            meant with ``inuse_*``.

    Raises:
        RecordingError: it holds no heap profile.
        UsageError: there is no such sample type.
    """
    first, last = _ends(recording)
    assert last.after is not None  # noqa: S101 - `_ends` took it for this
    after = recording.profiles[last.after.profile]
    before = _at(recording, first.before, after)
    types = {candidate.type for candidate in after.sample_types}
    default = "alloc_space" if "alloc_space" in types else after.default_sample_type
    after = replace(after, default_sample_type=default)
    chosen = choose_sample_type(after, sample_type).type
    if chosen.startswith("inuse_"):
        return f"{recording.name}, at its end", after
    if before is None or last.after.counters.went_back(first.before.counters):
        return f"{recording.name}, since its service started", after
    return f"{recording.name}, under load", gained_between(recording, before, after)


def _ends(recording: Recording) -> tuple[Window, Window]:
    """The first window, and the last one that ended with a profile."""
    for window in reversed(recording.windows):
        if window.after is not None and window.after.profile in recording.profiles:
            return recording.windows[0], window
    raise RecordingError(
        f"{recording.name} holds no heap profile from after its load",
        f"the recording is {recording.state}",
        f"heapwise report {recording.name} shows what it does hold",
    )


def end_profiles(recording: Recording, windows: Sequence[Window]) -> tuple[Profile, Profile] | None:
    """The profiles before the first window and after the last; None where one is missing."""
    if not windows or windows[-1].after is None:
        return None
    after = recording.profiles.get(windows[-1].after.profile)
    before = _at(recording, windows[0].before, after)
    return (before, after) if before is not None and after is not None else None


def _at(recording: Recording, fence: Fence, later: Profile | None) -> Profile | None:
    """The profile of a fence; at a program's birth that of nothing at all."""
    if fence.birth and later is not None:
        return replace(later, values=np.zeros_like(later.values))
    return recording.profiles.get(fence.profile)


def gained_between(recording: Recording, before: Profile, after: Profile) -> Profile:
    """What one profile of a recording has over an earlier one."""
    if recording.manifest.service.runtime == "python":  # whose size classes have drifting labels
        before, after = aligned(before, after)
    return subtract(before, after)
