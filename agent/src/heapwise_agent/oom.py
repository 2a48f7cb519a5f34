"""Before memory runs out: the live heap and what the memory is, written while there is time.

A process that the kernel kills leaves nothing behind. `Watch.tick` reads two small files; when the
memory in use crosses a share of a limit it writes a profile and a breakdown, once, and again only
after the use has fallen by a tenth of the limit. It cannot be in time for one allocation that takes
all the rest at once.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from heapwise_agent import rss
from heapwise_agent.limits import Limit, limits

log = logging.getLogger("heapwise_agent")

MAX_DUMPS = 8
"""Dumps kept in a directory, by whatever process; the oldest go first."""

REARM = 0.1
"""How far below the share the use must fall, as a share of the limit, before another dump."""

CALM_S = 1.0
NEAR_S = 0.1
_NEAR = 0.2

_PREFIX = "heapwise-oom-"


class LiveHeap(NamedTuple):
    """What the sampler knows at one moment.

    Attributes:
        profile: profile.proto, gzipped; empty where heap profiles are not available.
        large_live: estimated bytes alive in blocks above 512 bytes.
        why_not: why `profile` is empty.
    """

    profile: bytes
    large_live: int
    why_not: str = ""


class Pressure(NamedTuple):
    """How much of the limit that is nearest to its end is used."""

    used: int
    limit: Limit

    @property
    def share(self) -> float:
        """Of the limit, 0 to about 1."""
        return self.used / self.limit.bytes


def pressure(found: Sequence[Limit]) -> Pressure | None:
    """The tightest of the limits now; None where there is none."""
    return max((Pressure(rss.used(limit), limit) for limit in found), default=None, key=_share)


def _share(each: Pressure) -> float:
    return each.share


class Watch:
    """Says when to look again, and writes when it is time.

    Args:
        directory: where dumps go; made with mode 0700 where it is missing.
        share: of a limit, at which a dump is written.
        live_heap: asked for the profile at that moment.
    """

    def __init__(self, directory: Path, share: float, live_heap: Callable[[], LiveHeap]) -> None:
        self._directory = directory
        self._share = share
        self._live_heap = live_heap
        self._armed = True
        self._limits = limits()

    def tick(self) -> float:
        """Look once; write where it is time. Returns the seconds until the next look."""
        now = pressure(self._limits)
        if now is None:
            self._limits = limits()  # a limit may be set later
            return 10 * CALM_S
        if now.share < self._share - REARM:
            if not self._armed:
                self._armed = True
                self._limits = limits()
        elif now.share >= self._share and self._armed:
            self._armed = False
            self._dump(now)
        return NEAR_S if now.share >= self._share - _NEAR else CALM_S

    def _dump(self, now: Pressure) -> None:
        """Write a dump; trouble with it is logged and no trouble of the program."""
        try:
            path = write(self._directory, now, self._live_heap())
        except (OSError, MemoryError) as error:
            log.warning("no profile before memory runs out: %s", str(error) or "no memory is left")
            return
        log.warning(
            "%.0f %% of the memory limit (%s) are used; the live heap is in %s",
            100 * now.share,
            now.limit.source,
            path,
        )


def write(directory: Path, now: Pressure, heap: LiveHeap) -> Path:
    """Write one dump, each file whole or not at all, and delete the oldest beyond `MAX_DUMPS`.

    Returns:
        the path of the breakdown; the profile stands beside it with the suffix ``.pb.gz``.

    Raises:
        OSError: the directory cannot be written.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    now_ns = time.time_ns()
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now_ns // 10**9))
    name = f"{_PREFIX}{stamp}-{now_ns % 10**9:09}-{os.getpid()}"
    report = {
        "version": 1,
        "pid": os.getpid(),
        "time_unix_ns": now_ns,
        "limit": {"bytes": now.limit.bytes, "used": now.used, "source": now.limit.source},
        "memory": rss.breakdown(heap.large_live).as_json(),
        "profile": f"{name}.pb.gz" if heap.profile else None,
        "profile_missing": heap.why_not or None,
    }
    if heap.profile:
        _write_whole(directory / f"{name}.pb.gz", heap.profile)
    path = directory / f"{name}.json"
    _write_whole(path, json.dumps(report, indent=2).encode() + b"\n")
    _prune(directory)
    return path


def _write_whole(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _prune(directory: Path) -> None:
    """Names begin with the time, so their order is their age."""
    names = [path.name for path in directory.iterdir()]
    ours = [name for name in names if name.lstrip(".").startswith(_PREFIX)]
    dumps = sorted({name.lstrip(".").partition(".")[0] for name in ours})
    old = set(dumps[:-MAX_DUMPS])
    for name in ours:  # half-written ones too: the kernel may have come first
        if name.lstrip(".").partition(".")[0] in old:
            with suppress(OSError):
                (directory / name).unlink()
