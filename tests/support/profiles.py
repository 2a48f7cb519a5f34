"""Profiles written as a reader would write them down.

    profile({
        ("flate.NewWriter (deflate.go:670)", "gzip.(*Writer).Write (gzip.go:191)", "main.main"):
            (20, 16_000_000),
        ("json.grow (buf.go:3) inlined into json.write (buf.go:9)", "main.main"): (5, 80),
    })

A stack is a tuple of locations, leaf first. A location is ``name``, ``name (file:line)``, several
of these joined by `` inlined into ``, innermost first, or ``0x2a``, an address without symbols.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from heapwise.formats import pprof
from heapwise.model.profile import (
    FUNCTION,
    LABEL,
    LINE,
    LOCATION,
    MAPPING,
    Profile,
    StringTable,
    ValueType,
)

HEAP = ("alloc_objects/count", "alloc_space/bytes", "inuse_objects/count", "inuse_space/bytes")
"""The sample types of a Go heap profile."""

RATE = 524_288
"""Go's default distance between two sampled bytes."""

_FRAME = re.compile(r"(?P<name>.*?)(?: \((?P<file>[^()]*?)(?::(?P<line>\d+))?\))?", re.DOTALL)
_ADDRESS = re.compile("0x[0-9a-f]{1,16}")

Label = int | str
Stack = tuple[str, ...]


class Sample(NamedTuple):
    """One sample; values may be fewer than the sample types, the missing ones are 0."""

    stack: Stack
    values: Sequence[int]
    labels: Mapping[str, Label] = {}


def profile(
    samples: Mapping[Stack, Sequence[int]] | Iterable[Sample],
    *,
    sample_types: Sequence[str] = HEAP,
    period: int = RATE,
    period_type: str = "space/bytes",
    default_sample_type: str = "",
    sizes: bool = True,
    time_ns: int = 0,
    duration_ns: int = 0,
    drop_frames: str = "",
    keep_frames: str = "",
    comments: Sequence[str] = (),
) -> Profile:
    """Build a profile; the arguments that are not explained here are the profile's own fields.

    ``samples`` are values by stack, or `Sample` objects where a stack comes twice or has labels.
    ``sample_types`` and ``period_type`` are written ``type/unit``. With ``sizes``, every sample is
    labelled with ``bytes``, its mean allocated object size, as Go does.
    """
    if isinstance(samples, Mapping):
        samples = [Sample(stack, values) for stack, values in samples.items()]
    builder = _Builder(len(sample_types))
    for sample in samples:
        labels = dict(sample.labels)
        if sizes and len(sample.values) >= 2 and sample.values[0] and "bytes" not in labels:
            labels["bytes"] = sample.values[1] // sample.values[0]
        builder.add(sample.stack, sample.values, labels)
    return builder.profile(
        sample_types=tuple(map(_value_type, sample_types)),
        period_type=_value_type(period_type),
        period=period,
        default_sample_type=default_sample_type,
        time_ns=time_ns,
        duration_ns=duration_ns,
        drop_frames=drop_frames,
        keep_frames=keep_frames,
        comments=tuple(comments),
    )


def profile_bytes(
    samples: Mapping[Stack, Sequence[int]] | Iterable[Sample], **header: object
) -> bytes:
    """The same as a service would send it: gzipped ``profile.proto``."""
    return pprof.encode(profile(samples, **header))  # type: ignore[arg-type] # passed on as it came


def _value_type(text: str) -> ValueType:
    return ValueType(*text.split("/"))


class _Builder:
    """Tables that grow by one entry for each new string, function or location."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.strings: dict[bytes, int] = {b"": 0}
        self.functions: dict[tuple[int, int], int] = {}
        self.locations: dict[str, int] = {}
        self.stacks: dict[Stack, int] = {}
        self.location_rows: list[tuple[int, int, bool]] = []
        self.lines: list[list[tuple[int, int, int]]] = []
        self.rows: list[tuple[int, list[int], list[tuple[int, int, int, int]]]] = []

    def add(self, stack: Stack, values: Sequence[int], labels: Mapping[str, Label]) -> None:
        for location in stack:
            self.location(location)
        padded = [*values, *[0] * (self.width - len(values))]
        number = self.stacks.setdefault(stack, len(self.stacks))
        self.rows.append((number, padded, [self.label(*item) for item in labels.items()]))

    def string(self, text: str) -> int:
        return self.strings.setdefault(text.encode("utf-8", "surrogateescape"), len(self.strings))

    def label(self, key: str, value: Label) -> tuple[int, int, int, int]:
        if isinstance(value, int):
            return self.string(key), 0, value, 0
        return self.string(key), self.string(value), 0, 0

    def location(self, text: str) -> int:
        if text in self.locations:
            return self.locations[text]
        index = self.locations[text] = len(self.locations)
        if _ADDRESS.fullmatch(text):
            self.location_rows.append((0, int(text, 16), False))
            self.lines.append([])
        else:
            self.location_rows.append((0, 0x401000 + 16 * index, False))
            self.lines.append([self.line(frame) for frame in text.split(" inlined into ")])
        return index

    def line(self, frame: str) -> tuple[int, int, int]:
        found = _FRAME.fullmatch(frame)
        assert found, frame
        key = self.string(found["name"]), self.string(found["file"] or "")
        return self.functions.setdefault(key, len(self.functions)), int(found["line"] or 0), 0

    def profile(self, **header: object) -> Profile:
        binary = self.string("/srv/service")
        functions = [(name, name, file, 0) for name, file in self.functions]
        paths = [[self.locations[text] for text in stack] for stack in self.stacks]
        mapping = (0x400000, 0x4000000, 0, binary, 0, True, True, True, True)
        return Profile(
            strings=StringTable.of(self.strings),
            values=np.array([row[1] for row in self.rows], np.int64).reshape(-1, self.width),
            stacks=np.array([row[0] for row in self.rows], np.uint32),
            stack_offsets=_offsets(paths),
            stack_locations=np.array([i for path in paths for i in path], np.uint32),
            locations=np.array(self.location_rows, LOCATION),
            line_offsets=_offsets(self.lines),
            lines=np.array([line for lines in self.lines for line in lines], LINE),
            functions=np.array(functions, FUNCTION),
            mappings=np.array([mapping], MAPPING),
            label_offsets=_offsets([row[2] for row in self.rows]),
            labels=np.array([label for row in self.rows for label in row[2]], LABEL),
            **header,  # type: ignore[arg-type] # the keyword arguments of `profile`
        )


def _offsets(groups: Iterable[Sequence[object]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.cumsum([0, *map(len, groups)], dtype=np.int64)
