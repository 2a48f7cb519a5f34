"""Captured profiles for a Pyroscope server, by its push API.

``POST /push.v1.PusherService/Push`` with Connect's JSON: series of labels, and pprof files in
base64 as they are; ``__name__`` and ``service_name`` are needed. Read in Pyroscope's documentation
of its server API; in the tests a local receiver stands in for the server. What a server refuses by
default is not sent: more than 4 MB decompressed, more than 30 labels, names that are none.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from heapwise.model.watch import Captured, SinkHealth, Stretch, Target, Vitals
from heapwise.names import visible
from heapwise.units import NS_PER_S, format_size
from heapwise.watch.capture.capturer import Keeper
from heapwise.watch.clock import Clock
from heapwise.watch.config.sections import Pyroscope
from heapwise.watch.discovery.groups import MOST_TARGETS
from heapwise.watch.export.outbox import Outbox
from heapwise.watch.post import Receiver

MOST_PROFILE = 4 << 20
"""Bytes of a profile, decompressed."""

NAMES = {"heap": "memory", "cpu": "process_cpu", "goroutine": "goroutine"}
"""What Pyroscope calls our kinds of captures; others, such as traces, are none of its profiles."""

_PATH = "/push.v1.PusherService/Push"
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,199}", re.ASCII)
_MOST_LABELS = 30
_LONGEST_VALUE = 1024


class PyroscopeExport:
    """Passes captures on until it is closed: an exporter, which keeps profiles for others.

    Args:
        settings: where to.
        clock: of the watcher.

    Raises:
        UsageError: the address is none.
    """

    def __init__(self, settings: Pyroscope, clock: Clock) -> None:
        receiver = Receiver.parse("pyroscope", settings.url, settings.access()).below(_PATH)
        self._outbox = Outbox(receiver, clock, deadline_s=settings.deadline / NS_PER_S)
        self._targets: dict[str, Target] = {}

    def take(self, target: Target, vitals: Vitals, stretch: Stretch | None) -> None:  # noqa: ARG002 - of what it said only who said it matters
        """Whose captures may come; of those that answered long ago some are forgotten."""
        self._targets.pop(target.key, None)
        self._targets[target.key] = target
        if len(self._targets) > MOST_TARGETS:
            del self._targets[next(iter(self._targets))]

    def keeper(self, keeper: Keeper) -> Keeper:
        """The same, and all that it keeps is passed on."""
        return _Passing(keeper, self)

    def profile(self, target_key: str, kind: str, data: bytes, build: str = "") -> None:
        """Pass on a capture as it was received; returns at once, and raises nothing.

        Args:
            target_key: of which target it is.
            kind: ``heap``, ``cpu``, …; kinds that Pyroscope does not have are left out.
            data: pprof, gzipped or not.
            build: of the program, if known.
        """
        target = self._targets.get(target_key)
        if kind not in NAMES or target is None:
            return
        if _is_larger(data, MOST_PROFILE):
            limit = format_size(MOST_PROFILE)
            self._outbox.refuse(f"a {kind} profile is damaged or larger than {limit}")
            return
        self._outbox.put(push_request(target, kind, data, build))

    def health(self) -> SinkHealth:
        """How it does."""
        return self._outbox.health()

    def close(self) -> None:
        """Send what is left, as far as that takes a second."""
        self._outbox.close()


class _Passing:
    def __init__(self, keeper: Keeper, export: PyroscopeExport) -> None:
        self._keeper, self._export = keeper, export
        self.profile_path = keeper.profile_path

    def profile(
        self, target_key: str, kind: str, reason: str, at_ns: int, data: bytes, build: str = ""
    ) -> Captured:
        captured = self._keeper.profile(target_key, kind, reason, at_ns, data, build)
        self._export.profile(target_key, kind, data, build)
        return captured


def push_request(target: Target, kind: str, data: bytes, build: str = "") -> bytes:
    """The body of a request that pushes one profile.

    Args:
        target: of which it is.
        kind: one of `NAMES`.
        data: pprof, gzipped or not.
        build: of the program, if known.
    """
    labels = [{"name": name, "value": value} for name, value in _labels(target, kind, build)]
    # The same profile has the same id, however often it is sent.
    sample = {"ID": str(UUID(bytes=sha256(data).digest()[:16])), "rawProfile": data}
    body: dict[str, Any] = {"series": [{"labels": labels, "samples": [sample]}]}
    return msgspec.json.encode(body)


def _labels(target: Target, kind: str, build: str) -> Iterator[tuple[str, str]]:
    own = {
        "__name__": NAMES[kind],
        "service_name": target.service,
        "instance": target.instance,
        "version": build,
    }
    given = {name: value for name, value in target.labels if _LABEL.fullmatch(name)}
    kept = [(name, value) for name, value in (own | given | own).items() if value]
    for name, value in kept[:_MOST_LABELS]:
        yield name, visible(value)[:_LONGEST_VALUE]


def _is_larger(data: bytes, limit: int) -> bool:
    """True for what is longer than a limit when it is decompressed, or cannot be."""
    if not data.startswith(b"\x1f\x8b"):
        return len(data) > limit
    stream = zlib.decompressobj(wbits=31)
    try:
        stream.decompress(data, limit)
    except zlib.error:
        return True
    return bool(stream.unconsumed_tail) or not stream.eof
