"""Where profiles come from: files, standard input, services and recordings."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, TypeVar

from heapwise.analysis.merge import against, merge
from heapwise.errors import HeapwiseError, ProfileError
from heapwise.formats import pprof
from heapwise.model.profile import Profile
from heapwise.record.files import is_recording
from heapwise.record.named_sources import SECONDS, service_path, unreadable
from heapwise.record.profile_folder import Span, profile_files
from heapwise.runtimes.access import ANYONE, Access, split_access
from heapwise.runtimes.endpoint import Endpoint

# What only some sources need is imported where they do: a file is shown in the time that the HTTP
# client alone would take to load.

Result = TypeVar("Result")

_ADDRESS = re.compile(r"(?:[^/?#@]+@)?(?:[\w.-]*|\[[\w:.%]+\]):\d+(?:[/?].*)?", re.ASCII)
_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a profile is read.

    Attributes:
        limits: of each profile.
        sample_type: the type that will be looked at, None for the default. A recording shows what
            was allocated under its load, by default as ``alloc_space``; for ``inuse_*`` what was
            live at its end.
        access: what services want to be sent.
        seconds: ask services for what happens in so many; 0 for what happened so far.
        timeout_s: for a service's answer, besides `seconds`.
        span: which profiles of a folder count.
    """

    limits: pprof.Limits = pprof.LIMITS
    sample_type: str | None = None
    access: Access = ANYONE
    seconds: int = 0
    timeout_s: float = 60.0
    span: Span = field(default_factory=Span)


DEFAULT = Reading()
"""As it is read unless the user asks for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What to read, and how to make one profile of it.

    Attributes:
        specs: at least one source; several are added up.
        base: a source to subtract.
        marked: keep the samples of the base apart.
        normalize: scale the profile to the total of its base first.
        comment: to add to the profile.
        reading: of each profile.
    """

    specs: Sequence[str]
    base: str | None = None
    marked: bool = False
    normalize: bool = False
    comment: str = ""
    reading: Reading = DEFAULT


@dataclass(frozen=True, slots=True)
class Loaded:
    """One profile of all sources.

    Attributes:
        name: what to call them.
        skipped: why some of several could not be read.
    """

    name: str
    profile: Profile
    skipped: tuple[HeapwiseError, ...] = ()


def load_sources(sources: Sources) -> Loaded:
    """Read all sources into one profile, and give it a name.

    As in pprof, those of several that cannot be read are skipped.

    Raises:
        HeapwiseError: as `load_profile`, where no source can be read; or the sources do not count
            the same things.
    """
    loaded = _added_up(sources.specs, sources.reading)
    name, profile = loaded.name, loaded.profile
    if sources.base:
        base = _added_up([sources.base], sources.reading)
        profile = against(base.profile, profile, marked=sources.marked, normalize=sources.normalize)
        name = f"{name}, compared with {base.name}" if sources.marked else f"{name} − {base.name}"
    if sources.comment:
        profile = replace(profile, comments=(*profile.comments, sources.comment))
    return Loaded(name, profile, loaded.skipped)


def _added_up(specs: Sequence[str], reading: Reading) -> Loaded:
    def attempt(spec: str) -> tuple[str, Profile] | HeapwiseError:
        try:
            return load_profile(spec, reading)
        except HeapwiseError as error:
            return error

    attempts = _all_at_once(attempt, specs) if len(specs) > 1 else [attempt(specs[0])]
    loaded = [each for each in attempts if not isinstance(each, HeapwiseError)]
    skipped = tuple(each for each in attempts if isinstance(each, HeapwiseError))
    if not loaded:
        raise skipped[0]
    more = f" and {len(loaded) - 1} more" if len(loaded) > 1 else ""
    more += f", {len(skipped)} skipped" if skipped else ""
    return Loaded(loaded[0][0] + more, merge([profile for _, profile in loaded]), skipped)


def _all_at_once(attempt: Callable[[str], Result], specs: Sequence[str]) -> list[Result]:
    """The results in the order of the sources; services answer after -seconds."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - see the imports

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(attempt, specs))


def load_profile(spec: str, reading: Reading = DEFAULT) -> tuple[str, Profile]:
    """Read a profile from wherever ``spec`` points.

    Args:
        spec: a file; ``-``; a URL, ``host:port`` or ``unix:/path``, where ``/debug/pprof/heap`` is
            meant unless a path says otherwise; a recording; or a folder of profiles, which are
            added up.
        reading: how.

    Returns:
        What to call the source, and the profile.

    Raises:
        ProfileError: it cannot be read, is no profile, or is over a limit.
        ServiceError: the service did not answer as it should.
        RecordingError: the recording cannot be read, or holds no heap profile.
        UsageError: the address or the sample type is wrong.
    """
    path, limits = Path(spec), reading.limits
    if spec == "-":
        name = "standard input"
        return name, pprof.decode(_capped(sys.stdin.buffer, limits), limits=limits, source=name)
    if "://" in spec or spec.startswith("unix:"):
        return _fetched(spec, reading)
    if is_recording(path):
        return _recorded(path, reading)
    if path.is_dir():
        return _folder(path, reading)
    if not path.exists() and _ADDRESS.fullmatch(spec):
        return _fetched(spec, reading)
    return spec, pprof.decode(_contents(path, limits), limits=limits, source=spec)


def _recorded(path: Path, reading: Reading) -> tuple[str, Profile]:
    from heapwise.record.recorded_profile import recorded_profile  # noqa: PLC0415 - see the imports
    from heapwise.record.store import load  # noqa: PLC0415 - see the imports

    recording = load(path, max_profile_bytes=reading.limits.decompressed)
    return recorded_profile(recording, reading.sample_type)


def _folder(path: Path, reading: Reading) -> tuple[str, Profile]:
    limits = reading.limits
    every = [
        pprof.decode(_contents(file, limits), limits=limits, source=str(file))
        for file in profile_files(path)
    ]
    chosen = reading.span.select(every) if reading.span else every
    if not chosen:
        raise ProfileError(
            f"{path} holds no profile from that time",
            f"its {len(every):,} profiles are of other times",
            "see the times with heapwise raw, or leave -since and -until out",
        )
    return f"{path}, {len(chosen):,} of {len(every):,} profiles", merge(chosen)


def _contents(path: Path, limits: pprof.Limits) -> bytes:
    try:
        with path.open("rb") as file:
            return _capped(file, limits)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise unreadable(path, error) from None


def _capped(file: BinaryIO, limits: pprof.Limits) -> bytes:
    """At most one byte more than any profile may have; `pprof.decode` refuses that one."""
    return file.read(max(limits.compressed, limits.decompressed) + 1)


def _fetched(spec: str, reading: Reading) -> tuple[str, Profile]:
    from heapwise.runtimes.fetch import get  # noqa: PLC0415 - see the imports

    address, access = split_access(spec, reading.access)
    address, _, query = address.partition("?")
    endpoint = Endpoint.parse(address, access)
    if reading.seconds:
        others = SECONDS.sub("&", query).strip("&")  # a service heeds the first of several
        query = f"{others}&seconds={reading.seconds}".lstrip("&")
    seconds = SECONDS.search(query)
    response = get(
        endpoint,
        service_path(address, endpoint, "heap"),
        query=query,
        deadline_s=reading.timeout_s + (int(seconds[1]) if seconds else 0),
        max_bytes=max(reading.limits.compressed, reading.limits.decompressed),
    )
    name = f"{address}?{query}" if query else address
    return name, pprof.decode(response.body, limits=reading.limits, source=name)
