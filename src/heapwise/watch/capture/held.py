"""What each call path of a process holds: bytes of its heap, or goroutines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from heapwise.analysis.allocation import Path, is_measuring, live_by_path
from heapwise.analysis.frames import CallPaths, RuntimeFrames, frames_of
from heapwise.errors import ProfileError
from heapwise.model.profile import Profile
from heapwise.names import visible
from heapwise.watch.capture.settings import HEAP

Held = Mapping[str, float]
"""Bytes or tasks by ``caller > … > owner``, the heaviest first."""

_MOST_PATHS = 500
"""A leak is among the heaviest paths long before it is worth an alert."""

_FRAMES = 4
"""Of a path without the service's own code, so many are shown."""

_LONGEST = 1000


def held_by_path(profile: Profile, kind: str, runtime: str) -> Held:
    """What a heap profile, or one of goroutines, says each path holds.

    A path ends at its owner, the service's own function that asked for the memory: what a library
    then splits among functions of its own (a map, its tables, the keys) is one decision of his.

    Raises:
        ProfileError: it counts something else.
    """
    frames = frames_of(runtime)
    by_path = _live(profile) if kind == HEAP else _waiting(profile)
    held: dict[str, float] = defaultdict(float)
    for path, amount in by_path.items():
        held[shown(path, frames)] += amount
    heaviest = sorted(held.items(), key=lambda each: -each[1])
    return dict(heaviest[:_MOST_PATHS])


def shown(path: Path, frames: RuntimeFrames) -> str:
    """A path, leaf first, as ``caller > … > owner``."""
    asked = frames.caused(path)
    own = [index for index, frame in enumerate(asked) if frames.is_own(frame)]
    part = asked[own[0] : own[-1] + 1] if own else asked[:_FRAMES]
    return visible(" > ".join(frame.function for frame in reversed(part)))[:_LONGEST]


def _live(profile: Profile) -> Mapping[Path, int]:
    if "inuse_space" not in {each.type for each in profile.sample_types}:
        raise ProfileError("the heap profile cannot be compared", "it does not tell what is live")
    return live_by_path(profile)


def _waiting(profile: Profile) -> Mapping[Path, int]:
    paths = CallPaths(profile)
    counts = profile.column(profile.shown_by_default.type)
    waiting: dict[Path, int] = defaultdict(int)
    for stack, count in zip(profile.stacks.tolist(), counts.tolist(), strict=True):
        frames = paths.stack(stack)
        if count > 0 and frames and not is_measuring(frames):
            waiting[frames] += count
    return waiting
