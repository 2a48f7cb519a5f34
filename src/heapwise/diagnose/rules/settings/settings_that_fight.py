"""GOGC, GOMEMLIMIT and the memory of the container work against each other or the service.

What it finds:
    In a Go service whose settings were recorded: a GOMEMLIMIT below 1.3 times the live heap, unless
    collecting is known to take less than 5 % of the CPU time; GOGC off without a GOMEMLIMIT; a
    GOMEMLIMIT above 95 % of what the container may have; and a GOGC lowered below 100 in a service
    that spends 5 % or more of its CPU time on collecting.

Why it allocates:
    It does not: it makes the same garbage dearer. GOMEMLIMIT is a soft limit. As the heap comes
    near it the collector runs again and again, up to half of the CPU time, and if the live heap
    does not fit the service goes beyond the limit anyway. A lower GOGC collects more often; each
    collection costs the same, since it marks what lives, and requests help with marking.

Example:
    ```
    GOMEMLIMIT=130MiB GOGC=30    # beside 100 MB that live, in a container of 256 MiB
    ```

Use instead:
    ```
    GOMEMLIMIT=230MiB            # 90 % of the container, twice what lives; GOGC as it is
    ```

    The limit comes from the container, less what is not the heap: stacks, C libraries, mapped
    files. How near it may come to the live heap is measured, not guessed: compare two runs.

When it does not help:
    A limit near the live heap because there is no more memory: then less has to live. A lower GOGC
    is a fair price where memory is scarce and CPU time is not.

Measured:
    100 MB live, 105 MB/s of garbage, 2 cores: GOGC 100 takes 5 % of a core for collecting and a
    p99 of 3.8 ms; GOGC 30 takes 15 % and 10 ms; with a limit of 130 MiB it takes 161 % and 24.6 ms,
    at 55 collections a second. 132 to 138 MB were in use under limits of 90 to 130 MiB.
    16 MB live and 1 MB of garbage a round on one thread, Go 1.26.8: with a limit of 24 MiB 6.9 ms a
    round, of 64 MiB 1.0 ms; GOGC 25 takes 1.8 ms, GOGC 100 0.93 ms. Go 1.27.3: 9.7, 0.93, 1.7 and
    0.95 ms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from heapwise.diagnose.case import Case
from heapwise.model.finding import Confidence, Finding
from heapwise.units import format_share, format_size

CODE = "HW805"
NAME = "settings-that-fight"

NEAR = 1.3
"""Times the live heap: a limit below that leaves the collector no room."""

ROOM = 0.95
"""Of a container's memory: a limit above that is reached after the kernel has acted."""

DEAR = 0.05
"""Of the CPU time, for collecting: below that a lowered GOGC costs nobody anything."""

_DEFAULT_GOGC = 100
_UNITS = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_LIMIT = re.compile(r"(\d{1,18})(B|KiB|MiB|GiB|TiB)?", re.ASCII)
_GOGC = re.compile(r"\d{1,9}", re.ASCII)


class _Advice(NamedTuple):
    """What fights, in the words of a finding; ``setting`` tells one from another."""

    setting: str
    title: str
    why: str
    remedy: str
    confidence: Confidence = Confidence.HIGH


def find(case: Case) -> Iterable[Finding]:
    """One finding for each pair of settings that fight."""
    if case.runtime != "go":
        return
    for check in _CHECKS:
        advice = check(case)
        if advice is not None:
            yield _finding(advice)


def memory_limit(case: Case) -> int | None:
    """GOMEMLIMIT in bytes; None where it is unset, off, or nothing that Go would take."""
    found = _LIMIT.fullmatch(case.settings.get("GOMEMLIMIT", ""))
    limit = int(found[1]) * _UNITS[found[2] or ""] if found else None
    return limit if limit is not None and limit < _UNITS["TiB"] << 10 else None


def _near(case: Case) -> _Advice | None:
    limit, live = memory_limit(case), sum(case.live.values())
    if limit is None or not live or limit >= NEAR * live or _is_cheap(case):
        return None
    given = case.settings["GOMEMLIMIT"]
    return _Advice(
        setting="GOMEMLIMIT",
        title=f"GOMEMLIMIT={given} is {limit / live:.2g} times the live heap",
        why=(
            f"{format_size(live)} live, so the collector hardly ever rests to stay below a limit"
            " that is soft: it takes up to half of the CPU time, and the limit does not hold."
        ),
        remedy=(
            f"Raise GOMEMLIMIT{_at_most(case)} to {NEAR} times the live heap at least,"
            f" {format_size(NEAR * live)}, or let less live. Compare two runs before keeping it."
        ),
    )


def _is_cheap(case: Case) -> bool:
    """Whether collecting is known to cost little, whatever the settings say."""
    return case.gc_share is not None and case.gc_share < DEAR


def _at_most(case: Case) -> str:
    return f", up to 90 % of the container's {_container(case)}" if case.cgroup_limit > 0 else ""


def _container(case: Case) -> str:
    return format_size(case.cgroup_limit)


def _unbounded(case: Case) -> _Advice | None:
    if case.settings.get("GOGC") != "off" or memory_limit(case) is not None:
        return None
    limit = (
        f"about 90 % of the container's {_container(case)}"
        if case.cgroup_limit > 0
        else "what the service may use"
    )
    return _Advice(
        setting="GOGC",
        title="GOGC=off without a GOMEMLIMIT: nothing is ever collected",
        why=(
            "Without either of the two, garbage is kept until the memory is used up and the kernel"
            " ends the service."
        ),
        remedy=f"Set GOMEMLIMIT to {limit}, or take GOGC=off away.",
    )


def _beyond(case: Case) -> _Advice | None:
    limit = memory_limit(case)
    if limit is None or case.cgroup_limit <= 0 or limit <= ROOM * case.cgroup_limit:
        return None
    given = case.settings["GOMEMLIMIT"]
    return _Advice(
        setting="GOMEMLIMIT/container",
        title=f"GOMEMLIMIT={given} leaves no room in the container's {_container(case)}",
        why=(
            "The limit counts what the Go runtime manages. What else the container holds, and the"
            " runtime going over its soft limit for a moment, meets the kernel's limit first."
        ),
        remedy=(
            "Lower GOMEMLIMIT to about 90 % of the container,"
            f" {format_size(0.9 * case.cgroup_limit)}, or give the container more."
        ),
        confidence=Confidence.MEDIUM,
    )


def _lowered(case: Case) -> _Advice | None:
    given = case.settings.get("GOGC", "")
    percent = int(given) if _GOGC.fullmatch(given) else _DEFAULT_GOGC
    if percent >= _DEFAULT_GOGC or case.gc_share is None or case.gc_share < DEAR:
        return None
    return _Advice(
        setting="GOGC",
        title=f"GOGC={given} makes collecting take {format_share(case.gc_share)} of the CPU time",
        why=(
            "A lower GOGC collects more often, and each collection marks all that lives: that saves"
            " memory, not pauses, and requests that allocate have to help."
        ),
        remedy=(
            "Take GOGC back to 100 and, where memory is scarce, bound it with GOMEMLIMIT from the"
            " container's memory instead. Compare two runs before keeping it."
        ),
        confidence=Confidence.MEDIUM,
    )


_CHECKS: tuple[Callable[[Case], _Advice | None], ...] = (_near, _unbounded, _beyond, _lowered)


def _finding(advice: _Advice) -> Finding:
    return Finding(
        code=CODE,
        rule=NAME,
        title=advice.title,
        where=f"{advice.setting} (the service's environment)",
        module="",
        evidence=None,
        why=advice.why,
        remedy=advice.remedy,
        gain_bytes_per_work=None,
        gain_allocs_per_work=None,
        holds_for="Go 1.19 or newer",
        references=(
            "https://go.dev/doc/gc-guide",
            "https://pkg.go.dev/runtime#hdr-Environment_Variables",
        ),
        confidence=advice.confidence,
    )
