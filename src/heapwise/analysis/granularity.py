"""What counts as one row of a view: a function, a file, a line or an address."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from heapwise.analysis.distinct import distinct
from heapwise.model.profile import Int64s, Profile, UInt32s

Bools = npt.NDArray[np.bool_]

Granularity = Literal["functions", "filefunctions", "files", "lines", "addresses"]

_WITH_FUNCTION = {"functions", "filefunctions", "lines", "addresses"}
_WITH_FILE = {"filefunctions", "files", "lines", "addresses"}
_WITH_LINE = {"lines", "addresses"}


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """The nodes of a profile's call graph, at one granularity.

    Nodes without a function name are told apart by their binary and by their function's first
    line as well; at the granularity ``files`` that is all of them. Hence several may share a name.

    Attributes:
        names: as pprof prints them, one per node.
        details: orders nodes of one name, one per node.
        of_frames: uint32, node of each frame. A location has one frame per line, innermost first,
            and one where it has no line.
        offsets: int64[l + 1] into `of_frames`, by location.
        inlined: bool per frame: it was compiled into the next frame of its location.
    """

    names: tuple[bytes, ...]
    details: tuple[bytes, ...]
    of_frames: UInt32s
    offsets: Int64s
    inlined: Bools

    @classmethod
    def of(
        cls, profile: Profile, granularity: Granularity = "functions", *, inlines: bool = True
    ) -> Nodes:
        """Map every line of a profile to its node.

        Args:
            profile: with the function names that are to be shown.
            granularity: what makes two frames one node.
            inlines: False counts inlined calls as part of the function they were compiled into.
        """
        frames = _Frames.of(profile, inlines=inlines)
        texts = _Texts(profile)
        columns = _columns(profile, frames, texts, granularity, inlines=inlines)
        first, of_frames = _grouped(columns)
        infos = [
            texts.info(*map(int, row))
            for row in zip(*(column[first] for column in columns), strict=True)
        ]
        return cls(
            names=tuple(info.name() for info in infos),
            details=tuple(info.detail() for info in infos),
            of_frames=of_frames,
            offsets=frames.offsets,
            inlined=frames.inlined,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Frames:
    """One row per line of a location, and one for each location that has none.

    ``function`` is -1 and ``line`` and ``column`` are 0 where a location has no line.
    """

    offsets: Int64s
    location: Int64s
    function: Int64s
    line: Int64s
    column: Int64s
    inlined: Bools

    @classmethod
    def of(cls, profile: Profile, *, inlines: bool) -> _Frames:
        """The frames of every location; without inlines only the outermost line of each."""
        lines_of = np.diff(profile.line_offsets)
        counts = np.maximum(lines_of, 1) if inlines else np.ones_like(lines_of)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        location = np.repeat(np.arange(len(counts)), counts)
        index = lines_of_frames(profile, offsets)
        there = index >= 0
        lines = np.zeros(len(location), profile.lines.dtype)
        lines[there] = profile.lines[index[there]]
        return cls(
            offsets=offsets,
            location=location,
            function=np.where(there, lines["function"].astype(np.int64), -1),
            line=lines["line"],
            column=lines["column"],
            inlined=offsets[1:][location] - np.arange(len(location)) > 1,
        )


def lines_of_frames(profile: Profile, offsets: Int64s) -> Int64s:
    """The index into ``profile.lines`` of each frame, -1 where its location has no line.

    Args:
        profile: whose locations the frames belong to.
        offsets: int64[l + 1], the frames of each location, as `Nodes.offsets`.
    """
    location = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    # Frames of a location are its last lines: without inlined calls only the very last.
    from_end = offsets[1:][location] - np.arange(len(location))
    there = np.diff(profile.line_offsets)[location] > 0
    return np.where(there, profile.line_offsets[1:][location] - from_end, -1)


@dataclass(frozen=True, slots=True)
class _Info:
    """What makes a node; empty and 0 where its granularity does not look at it."""

    function: bytes
    address: int
    file: bytes
    start_line: int
    line: int
    column: int
    binary: bytes

    def name(self) -> bytes:
        """The parts that are known, as pprof joins them."""
        parts = [b"%016x" % self.address] if self.address else []
        if self.function:
            parts.append(self.function)
        if self.line:
            place = b"%s:%d" % (self.file, self.line)
            parts.append(place + b":%d" % self.column if self.column else place)
        elif self.file:
            parts.append(self.file)
        elif not self.function:
            base = posixpath.basename(self.binary.rstrip(b"/")) or self.binary[:1]
            parts.append(b"[" + base + b"]" if base else b"<unknown>")
        return b" ".join(parts)

    def detail(self) -> bytes:
        """Every field as text, the last thing pprof compares."""
        return b"%s  %d %s %d %d %d %s" % (
            self.function, self.address, self.file, self.start_line, self.line, self.column,
            self.binary,
        )  # fmt: skip


class _Texts:
    """Strings by content: equal strings have one number, the empty one has 0."""

    def __init__(self, profile: Profile) -> None:
        self._strings = profile.strings
        self._numbers: dict[bytes, int] = {b"": 0}
        self._all = [b""]

    def numbers(
        self, indices: UInt32s, change: Callable[[bytes], bytes] = lambda text: text
    ) -> Int64s:
        """The number of each string of the profile, as `change` makes it."""
        unique, inverse = np.unique(indices, return_inverse=True)
        numbers = [self._number(change(self._strings[index])) for index in unique.tolist()]
        return np.array(numbers, np.int64)[inverse]

    def _number(self, text: bytes) -> int:
        number = self._numbers.setdefault(text, len(self._all))
        if number == len(self._all):
            self._all.append(text)
        return number

    def info(
        self,
        function: int,
        address: int,
        file: int,
        start: int,
        line: int,
        column: int,
        binary: int,
    ) -> _Info:
        """A row of `_columns` with its texts."""
        return _Info(
            self._all[function], address, self._all[file], start, line, column, self._all[binary]
        )


def _columns(
    profile: Profile, frames: _Frames, texts: _Texts, granularity: Granularity, *, inlines: bool
) -> list[npt.NDArray[np.integer]]:
    """What tells nodes apart, one row per frame, in the order of `_Info`'s fields."""
    nothing = np.zeros(len(frames.location), np.int64)

    def of_function(values: Int64s) -> Int64s:
        # The appended 0 is what a frame without a function, -1, picks.
        return np.append(values, 0)[frames.function]

    functions = profile.functions
    function = file = line = column = nothing
    address = nothing.astype(np.uint64)
    if granularity in _WITH_FUNCTION:
        function = of_function(texts.numbers(functions["name"]))
    if granularity in _WITH_FILE:
        file = of_function(texts.numbers(functions["filename"], _clean))
    if granularity in _WITH_LINE:
        line = frames.line
    if granularity == "addresses":
        address = profile.locations["address"][frames.location]
        if inlines:  # pprof clears columns wherever it changes anything in the profile
            column = frames.column
    start = np.where(function == 0, of_function(functions["start_line"]), 0)
    binaries = np.append(texts.numbers(profile.mappings["filename"]), 0)
    mapping = profile.locations["mapping"][frames.location]
    binary = np.where(function == 0, binaries[mapping], 0)
    return [function, address, file, start, line, column, binary]


def _grouped(columns: list[npt.NDArray[np.integer]]) -> tuple[Int64s, UInt32s]:
    """The first frame of each group of equal rows, and the group of each frame."""
    # Most say nothing at most granularities, and the largest profiles have millions of frames.
    varying = [columns[0], *(column for column in columns[1:] if (column != column[:1]).any())]
    table = np.zeros(len(columns[0]), [(f"{place}", "<i8") for place in range(len(varying))])
    for place, column in enumerate(varying):
        table[f"{place}"] = column.view(np.int64)
    return distinct(table)


def _clean(path: bytes) -> bytes:
    """The shortest spelling of a path, as Go's filepath.Clean has it."""
    if not path:
        return path
    return posixpath.normpath(b"/" + path.lstrip(b"/") if path.startswith(b"//") else path)
