"""How much memory this process may use: cgroup v2, cgroup v1 and ``RLIMIT_AS``.

A process is bound by its own cgroup and by all above it. v2 says ``max`` for no limit, v1 a number
near 2**63. ``memory.high`` does not kill but stalls, so it counts as a limit too.
"""

from __future__ import annotations

import re
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_NO_LIMIT = 1 << 62
_FILE_BYTES = 64 << 10
_MAX_DEPTH = 64
_DIGITS = re.compile(r"[0-9]{1,20}", re.ASCII)
_OCTAL = re.compile(r"\\([0-7]{3})")

_Kind = tuple[tuple[str, ...], tuple[str, ...]]
_V2: _Kind = (("memory.max", "memory.high"), ("anon", "shmem"))
_V1: _Kind = (("memory.limit_in_bytes",), ("total_rss", "total_shmem"))


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Attributes:
        bytes: how much.
        source: the file it was read from, or ``RLIMIT_AS``.
        stat: the ``memory.stat`` that says how much of it is used; None for this process's own.
        keys: the lines of `stat` whose bytes cannot be reclaimed; a page cache can.
    """

    bytes: int
    source: str
    stat: Path | None = None
    keys: tuple[str, ...] = ()


def limits(proc: Path = Path("/proc/self")) -> tuple[Limit, ...]:
    """Every limit that binds this process, tightest first; empty where there is none."""
    found = list(cgroup_limits(_read(proc / "cgroup"), _read(proc / "mountinfo")))
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if 0 < soft < _NO_LIMIT:
        found.append(Limit(bytes=soft, source="RLIMIT_AS"))
    return tuple(sorted(found, key=lambda limit: limit.bytes))


def cgroup_limits(cgroup: str, mountinfo: str, root: Path = Path("/")) -> Iterator[Limit]:
    """The tightest limit of each hierarchy that a process belongs to.

    Args:
        cgroup: ``/proc/PID/cgroup``, lines of ``ID:CONTROLLERS:PATH``.
        mountinfo: ``/proc/PID/mountinfo``, which says where the hierarchies are mounted and
            which part of them: in a container without a cgroup namespace that is not their root.
        root: where ``/`` is.
    """
    mounts = list(_mounts(mountinfo))
    for line in cgroup.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            kind, (names, keys) = "cgroup2", _V2
        elif "memory" in controllers.split(","):
            kind, (names, keys) = "cgroup", _V1
        else:
            continue
        for mount_kind, options, mounted, point in mounts:
            if mount_kind != kind or (kind == "cgroup" and "memory" not in options):
                continue
            tightest = _tightest(_ancestors(path, mounted, root / point.lstrip("/")), names, keys)
            if tightest is not None:
                yield tightest


def _tightest(folders: list[Path], names: tuple[str, ...], keys: tuple[str, ...]) -> Limit | None:
    found = [
        Limit(bytes=size, source=str(folder / name), stat=folder / "memory.stat", keys=keys)
        for folder in folders
        for name in names
        if (size := _size(_read(folder / name))) is not None
    ]
    return min(found, key=lambda limit: limit.bytes, default=None)


def _ancestors(path: str, mounted: str, point: Path) -> list[Path]:
    """The folders of a cgroup and of those above it, as far as they can be seen from here."""
    inside = PurePosixPath("/" + path.lstrip("/"))
    if ".." in inside.parts:  # outside of our namespace: all that can be seen is the mount
        return [point]
    try:
        parts = inside.relative_to(mounted).parts
    except ValueError:
        parts = inside.relative_to("/").parts
    depth = min(len(parts), _MAX_DEPTH)
    return [point.joinpath(*parts[:count]) for count in range(depth, -1, -1)]


def _mounts(mountinfo: str) -> Iterator[tuple[str, list[str], str, str]]:
    """Kind, super options, mounted root and mount point of each cgroup mount; see proc(5)."""
    for line in mountinfo.splitlines():
        before, dash, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if dash and len(fields) >= 6 and len(kinds) >= 3 and kinds[0].startswith("cgroup"):
            yield kinds[0], kinds[2].split(","), _unescaped(fields[3]), _unescaped(fields[4])


def _unescaped(path: str) -> str:
    r"""The kernel writes a space in a path as ``\040``."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), path)


def _size(text: str) -> int | None:
    """A limit in bytes; None for ``max``, for v1's number without meaning, and for no file."""
    word = text.strip()
    if not _DIGITS.fullmatch(word) or not 0 < int(word) < _NO_LIMIT:
        return None
    return int(word)


def _read(path: Path) -> str:
    """The beginning of a small file; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):  # a path that cannot be one
        return ""
