"""Where profiles come from: files, standard input, services and recordings."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from heapwise.analysis.diff import subtract
from heapwise.analysis.merge import against, merge
from heapwise.analysis.view import choose_sample_type
from heapwise.errors import ProfileError, RecordingError
from heapwise.formats import pprof
from heapwise.model.profile import Profile
from heapwise.model.recording import Recording, Window
from heapwise.record.store import load
from heapwise.runtimes.endpoint import BASE, Endpoint
from heapwise.runtimes.fetch import get

_ADDRESS = re.compile(r"(?:[\w.-]*|\[[\w:.%]+\]):\d+(?:[/?].*)?", re.ASCII)
_SECONDS = re.compile(r"(?:^|&)seconds=(\d{1,4})(?:&|$)")
_DEADLINE_S = 60.0
_HINT = "give a file, a URL, host:port, a recording, or - for standard input"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What to read, and how to make one profile of it.

    Attributes:
        specs: at least one source; several are added up.
        base: a source to subtract.
        marked: keep the samples of the base apart.
        normalize: scale the profile to the total of its base first.
        comment: to add to the profile.
        limits: of each profile.
        sample_type: the type that will be looked at, None for the default.
    """

    specs: Sequence[str]
    base: str | None = None
    marked: bool = False
    normalize: bool = False
    comment: str = ""
    limits: pprof.Limits = pprof.LIMITS
    sample_type: str | None = None


def load_sources(sources: Sources) -> tuple[str, Profile]:
    """Read all sources into one profile, and give it a name.

    Raises:
        HeapwiseError: as `load_profile`, for the first source that cannot be read; or the sources
            do not count the same things.
    """
    name, profile = _added_up(sources.specs, sources)
    if sources.base:
        base_name, base = _added_up([sources.base], sources)
        profile = against(base, profile, marked=sources.marked, normalize=sources.normalize)
        name = f"{name}, compared with {base_name}" if sources.marked else f"{name} − {base_name}"
    if sources.comment:
        profile = replace(profile, comments=(*profile.comments, sources.comment))
    return name, profile


def _added_up(specs: Sequence[str], sources: Sources) -> tuple[str, Profile]:
    limits, sample_type = sources.limits, sources.sample_type
    loaded = [load_profile(spec, limits=limits, sample_type=sample_type) for spec in specs]
    more = f" and {len(loaded) - 1} more" if len(loaded) > 1 else ""
    return loaded[0][0] + more, merge([profile for _, profile in loaded])


def load_profile(
    spec: str, *, limits: pprof.Limits = pprof.LIMITS, sample_type: str | None = None
) -> tuple[str, Profile]:
    """Read a profile from wherever ``spec`` points.

    Args:
        spec: a file; ``-``; a URL, ``host:port`` or ``unix:/path``, where ``/debug/pprof/heap`` is
            meant unless a path says otherwise; or the directory of a recording.
        limits: of the profile.
        sample_type: the type that will be looked at. A recording shows what was allocated under
            its load, by default as ``alloc_space``; for ``inuse_*`` what was live at its end.

    Returns:
        What to call the source, and the profile.

    Raises:
        ProfileError: it cannot be read, is no profile, or is over a limit.
        ServiceError: the service did not answer as it should.
        RecordingError: the recording cannot be read, or holds no heap profile.
        UsageError: the address or the sample type is wrong.
    """
    path = Path(spec)
    if spec == "-":
        name = "standard input"
        return name, pprof.decode(_capped(sys.stdin.buffer, limits), limits=limits, source=name)
    if "://" in spec or spec.startswith("unix:"):
        return spec, _fetched(spec, limits)
    if path.is_dir():
        return _recorded(load(path, max_profile_bytes=limits.decompressed), sample_type)
    if not path.exists() and _ADDRESS.fullmatch(spec):
        return spec, _fetched(spec, limits)
    return spec, pprof.decode(_contents(path, limits), limits=limits, source=spec)


def _contents(path: Path, limits: pprof.Limits) -> bytes:
    try:
        with path.open("rb") as file:
            return _capped(file, limits)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ProfileError(f"cannot read {path}", reason, _HINT) from None


def _capped(file: BinaryIO, limits: pprof.Limits) -> bytes:
    """At most one byte more than any profile may have; `pprof.decode` refuses that one."""
    return file.read(max(limits.compressed, limits.decompressed) + 1)


def _fetched(spec: str, limits: pprof.Limits) -> Profile:
    address, _, query = spec.partition("?")
    endpoint = Endpoint.parse(address)
    seconds = _SECONDS.search(query)
    response = get(
        endpoint,
        _profile_path(address, endpoint),
        query=query,
        deadline_s=_DEADLINE_S + (int(seconds[1]) if seconds else 0),
        max_bytes=max(limits.compressed, limits.decompressed),
    )
    return pprof.decode(response.body, limits=limits, source=spec)


def _profile_path(address: str, endpoint: Endpoint) -> str:
    """``heap`` where the address names no profile, else what it names."""
    if endpoint.scheme == "unix":
        return "heap"
    path = urlsplit(address if "://" in address else f"http://{address}").path.rstrip("/")
    _, found, name = path.partition(BASE)
    if path and not found:
        return path
    return name.strip("/") or "heap"


def _recorded(recording: Recording, sample_type: str | None) -> tuple[str, Profile]:
    """What was live at the end of a recording, or what was allocated under its load."""
    first, last = _ends(recording)
    assert last.after is not None  # noqa: S101 - `_ends` took it for this
    after = recording.profiles[last.after.profile]
    before = recording.profiles.get(first.before.profile)
    types = {candidate.type for candidate in after.sample_types}
    default = "alloc_space" if "alloc_space" in types else after.default_sample_type
    after = replace(after, default_sample_type=default)
    chosen = choose_sample_type(after, sample_type).type
    if chosen.startswith("inuse_"):
        return f"{recording.name}, at its end", after
    if before is None or last.after.counters.went_back(first.before.counters):
        return f"{recording.name}, since its service started", after
    return f"{recording.name}, under load", subtract(before, after)


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
