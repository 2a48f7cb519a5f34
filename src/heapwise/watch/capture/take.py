"""Takes one profile from a target, within a size and a time, and looks whether it is one."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from heapwise.errors import ProfileError, ServiceError
from heapwise.formats import pprof
from heapwise.formats.exectrace.header import read_version
from heapwise.formats.pprof_gunzip import MAGIC, gunzip
from heapwise.formats.pprof_limits import Damage, TooMuch
from heapwise.names import visible
from heapwise.runtimes.download import Download
from heapwise.runtimes.endpoint import Endpoint
from heapwise.units import format_size
from heapwise.watch.capture.held import Held, held_by_path
from heapwise.watch.capture.settings import BY_PATH, CPU, PATHS, TRACE, CaptureSettings

_BUSY = "already in use"
"""Of what Go's and our agent's endpoints answer while another profile is being taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of one request.

    Attributes:
        data: the bytes as received; empty where nothing is to be kept.
        problem: why there is nothing, or why it cannot be read; empty where all is well.
        busy: somebody else is profiling the target: ask again later.
        held: what each call path holds; None where the kind does not tell or it is unreadable.
    """

    data: bytes = b""
    problem: str = ""
    busy: bool = False
    held: Held | None = None


def seconds_of(kind: str, settings: CaptureSettings) -> float:
    """For how long the target is profiled; 0 for what it knows already."""
    return {CPU: float(settings.cpu_seconds), TRACE: settings.trace_seconds}.get(kind, 0.0)


@dataclass(slots=True)
class Taking:
    """One request; `cancel` may be called from any thread."""

    endpoint: Endpoint
    kind: str
    runtime: str
    settings: CaptureSettings
    _download: Download = field(init=False)

    def __post_init__(self) -> None:
        seconds = seconds_of(self.kind, self.settings)
        self._download = Download(
            self.endpoint,
            PATHS[self.kind],
            query=f"seconds={seconds:g}" if seconds else "",
            deadline_s=seconds + self.settings.patience_s,
        )

    def cancel(self) -> None:
        """Break it off."""
        self._download.cancel()

    def run(self) -> Taken:
        """Ask, wait and look; raises nothing: what a target sends costs only itself."""
        try:
            return self._run()
        except Exception as error:  # noqa: BLE001 - see above
            return Taken(problem=visible(f"reading it failed, {type(error).__name__}: {error}"))

    def _run(self) -> Taken:
        data = bytearray()
        most = self.settings.limits.compressed

        def take(piece: bytes) -> str:
            data.extend(piece)
            return f"it has more than {format_size(most)}" if len(data) > most else ""

        try:
            cut = self._download.run(take).cut
        except ServiceError as error:
            what = visible(f"{error.what}: {error.why}".removesuffix(": "))
            return Taken(problem=what, busy=_BUSY in error.why)
        if cut:
            return Taken(problem=visible(cut))
        return look(bytes(data), self.kind, self.runtime, self.settings)


def look(data: bytes, kind: str, runtime: str, settings: CaptureSettings) -> Taken:
    """Whether the bytes are what was asked for.

    What expands beyond the limits is not kept: it would lie in wait for whoever opens it. What is
    damaged is, as evidence of its own.
    """
    if kind == TRACE:
        return _trace(data)
    try:
        if data.startswith(MAGIC):
            gunzip(data, settings.limits)
    except TooMuch as bomb:
        return Taken(problem=f"it is not kept, {bomb.reason}")
    except Damage as damage:
        return Taken(data=data, problem=damage.reason)
    try:
        profile = pprof.decode(data, limits=settings.limits, source=f"the {kind} profile")
        held = held_by_path(profile, kind, runtime) if kind in BY_PATH else None
    except ProfileError as error:
        return Taken(data=data, problem=visible(f"{error.what}: {error.why}"))
    return Taken(data=data, held=held)


def _trace(data: bytes) -> Taken:
    try:
        read_version(io.BytesIO(data))
    except ProfileError as error:
        return Taken(data=data, problem=visible(f"{error.what}: {error.why}"))
    return Taken(data=data)
