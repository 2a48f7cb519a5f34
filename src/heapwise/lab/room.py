"""Whether disk and memory suffice for the scale that was asked for, before anything starts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from math import floor, log10
from pathlib import Path

from heapwise.errors import UsageError
from heapwise.lab.cache import cache_root
from heapwise.lab.spec import JobLab
from heapwise.record.procfs import cgroup_limit
from heapwise.units import format_count, format_size

_SHARE = 0.9
"""Of what is free, that a lab may use."""

_MEMINFO = Path("/proc/meminfo")


def must_fit(lab: JobLab, variants: Iterable[str], scale: int) -> None:
    """Refuse a scale for which there is not enough disk or memory.

    Args:
        lab: says how much a unit of work takes of each.
        variants: those that are run.
        scale: units of work asked for.

    Raises:
        UsageError: naming what is short, and the scale that fits.
    """
    _fits("disk", lab.job.input.disk, scale, free_disk())
    memory = free_memory()
    if lab.job.limit or memory is None:
        return  # within a limit, running into it is what there is to see
    for name in variants:
        _fits(f"memory for {name}", lab.variants[name].memory, scale_of(lab, name, scale), memory)


def scale_of(lab: JobLab, variant: str, scale: int) -> int:
    """The units of work that a variant gets where so many are asked for."""
    most = lab.variants[variant].max_scale
    return min(scale, most) if most else scale


def _fits(what: str, each: int, scale: int, free: int) -> None:
    """Raise where ``scale`` times ``each`` bytes are more than a share of what is free."""
    room = floor(free * _SHARE)
    if not each or each * scale <= room:
        return
    most = _rounded_down(room // each)
    raise UsageError(
        f"there is not enough {what}",
        f"a scale of {format_count(scale)} needs {format_size(each * scale)}, and "
        f"{format_size(free)} are free",
        f"--scale {most} fits" if most else "not even the smallest scale fits",
    )


def _rounded_down(count: int) -> int:
    """Two digits of a count: what is free changes while one reads of it."""
    if count < 100:
        return count
    step: int = 10 ** (floor(log10(count)) - 1)
    return count // step * step


def free_disk() -> int:
    """Bytes free where labs are kept."""
    place = cache_root()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def free_memory() -> int | None:
    """Bytes that programs can have without moving others to disk; None where nobody tells."""
    try:
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines())
        free = int(lines["MemAvailable"].split()[0]) << 10
    except (OSError, ValueError, KeyError, IndexError):
        return None
    limit = cgroup_limit(os.getpid())
    return min(free, limit) if limit > 0 else free
