"""What a CPU profile's stacks are busy with: collecting, allocating, locks, the system, or work.

Names of the runtime change with every release, so each activity is a family of names; the first
family that any frame of a stack belongs to has it. Mark assist is below an allocation and waking
another goroutine below an unlock, which is why the order matters.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

import numpy as np

from heapwise.analysis.allocation import is_measuring
from heapwise.analysis.frames import CallPaths, Frame, frames_of, place
from heapwise.analysis.owners import owner_index
from heapwise.model.profile import Int64s, Profile

GC = "GC"
ALLOCATION = "allocation"
LOCKS = "locks"
SYSCALLS = "syscalls"
SCHEDULER = "scheduler"
USER = "user"

_RUNTIME = r"^(internal/)?runtime(/[\w/]+)?\."


def _runtime(names: str) -> str:
    """A pattern of functions of the runtime whose names begin with one of these."""
    return f"{_RUNTIME}({'|'.join(names.split())})"


def _family(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_FAMILIES = (
    (
        GC,
        _family(
            _runtime(
                r"""
                gc(?!Trigger\b) bgsweep bgscavenge sweep\b sweepone sweepLocked deductSweepCredit
                scavenge markroot greyobject wbBufFlush tryDeferToSpanScan spanQueue
                scan(object|Object|block|stack|frame|Span|Conservative)
                \(\*(gc|sweep|scaveng|spanQueue|spanInline|spanSPMC)\w*\)\. \(\*mspan\)\.sweep
                """
            ),
            r"^internal/runtime/gc(/\w+)?\.",
        ),
    ),
    (
        ALLOCATION,
        _family(
            _runtime(
                r"""
                mallocgc newobject newarray makeslice growslice makemap makechan nextFreeFast
                rawbyteslice rawstring slicebytetostring stringtoslice concatstring persistentalloc
                profilealloc mProf_Malloc \(\*m(cache|central|heap)\)\.
                """
            )
        ),
    ),
    (
        LOCKS,
        _family(
            r"^(internal/)?sync\.\(\*(RW)?Mutex\)\.",
            r"^sync\.\(\*Cond\)\.",
            r"^(internal/)?sync\.runtime_Sem",
            _runtime(r"sem(acquire|release) (un)?lock2?\b (un)?lockWithRank procyield osyield"),
        ),
    ),
    (
        SCHEDULER,
        _family(
            _runtime(
                r"""
                schedule\b findRunnable\b findrunnable\b park_m\b mcall\b goschedImpl\b stopm\b
                startm\b wakep\b netpoll\b sysmon\b mstart1\b notesleep\b goexit0\b gopreempt_m\b
                """
            )
        ),
    ),
    (
        SYSCALLS,
        _family(
            r"^syscall\.",
            r"^internal/runtime/syscall(/\w+)?\.",
            r"^runtime/internal/syscall\.",
            r"^internal/poll\.\(\*FD\)",
            r"^golang\.org/x/sys/unix\.",
        ),
    ),
)

_NAMES = (*(name for name, _ in _FAMILIES), USER)


def activity(path: tuple[Frame, ...]) -> str:
    """What a stack is busy with.

    Args:
        path: leaf first.
    """
    return _NAMES[min((_rank(frame.function) for frame in path), default=len(_FAMILIES))]


@lru_cache(maxsize=1 << 14)
def _rank(function: str) -> int:
    """The first family that a function belongs to; kept, as the same few are in every stack."""
    return next(
        (rank for rank, (_, family) in enumerate(_FAMILIES) if family.search(function)),
        len(_FAMILIES),
    )


class CpuShares:
    """A CPU profile by activity and by owner, without what measuring cost.

    Attributes:
        activities: share of the CPU per activity; they add up to one, and are empty where the
            profile holds nothing.
        owners: share per owner that is the service's or a dependency's, with where it is.
    """

    def __init__(self, profile: Profile, runtime: str) -> None:
        frames, paths = frames_of(runtime), CallPaths(profile)
        by_activity: dict[str, float] = defaultdict(float)
        by_owner: dict[str, float] = defaultdict(float)
        column = _cpu(profile)
        for sample in np.flatnonzero(column > 0).tolist():
            path = paths.stack(int(profile.stacks[sample]))
            if not path or is_measuring(path):
                continue
            value = float(column[sample])
            by_activity[activity(path) if runtime == "go" else USER] += value
            owner = path[owner_index(path, frames)]
            if not frames.is_library(owner.function, owner.file):
                by_owner[f"{owner.function} ({place(owner)})"] += value
        total = sum(by_activity.values())
        self.activities = {name: value / total for name, value in by_activity.items()}
        self.owners = {name: value / total for name, value in by_owner.items()}


def _cpu(profile: Profile) -> Int64s:
    """The column that holds CPU time; samples stand for it where there is none."""
    types = [each.type for each in profile.sample_types]
    return profile.values[:, types.index("cpu") if "cpu" in types else -1]
