"""The samples of captured profiles as rows that can be added up over services and hours.

What a profile counts since the process began, as ``alloc_space``, is only useful as growth: of two
profiles of one process the later has a row with what came in between, and the first has none. What
a profile shows of a moment, as ``inuse_space``, is a row as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from heapwise.analysis.frames import CallPaths
from heapwise.analysis.shown_name import with_shown_names
from heapwise.errors import ProfileError, RecordingError
from heapwise.formats import pprof
from heapwise.model.profile import ValueType
from heapwise.names import visible
from heapwise.watch.store.files import day_of
from heapwise.watch.store.reads import ProfileRow, Reads

CUMULATIVE = frozenset({"alloc_space", "alloc_objects", "contentions", "delay"})
"""Sample types that count since the process began."""

_LIMITS = replace(pprof.LIMITS, decompressed=128 << 20, samples=200_000)
"""Ten times what large services have: a hostile one must not cost the others their day."""

_KINDS = ("heap", "cpu", "goroutine")
"""Beginnings of the kinds that are profiles; traces are not."""

Stacks = Mapping[str, int]
"""Values by ``outer;…;leaf``."""


class Amounts(NamedTuple):
    """What one profile of a service's instance adds of one sample type; no value is 0."""

    service: str
    instance: str
    profile: ProfileRow
    type: ValueType
    stacks: Stacks


class Samples:
    """The samples of a store's profiles between two moments.

    Args:
        reads: the store.
        begin_ns: of the span.
        end_ns: of the span.
        without: days that the archive has.

    Attributes:
        unreadable: profiles that are damaged, gone or none.
    """

    def __init__(
        self, reads: Reads, begin_ns: int, end_ns: int, without: Container[str] = ()
    ) -> None:
        self._reads = reads
        self._begin_ns = begin_ns
        self._end_ns = end_ns
        self._without = without
        self.unreadable = 0

    def __iter__(self) -> Iterator[Amounts]:
        rows = [row for row in self._reads.profile_rows() if row.captured.kind.startswith(_KINDS)]
        targets = {target.key: target for target in self._reads.targets()}
        for (key, _), series in groupby(sorted(rows, key=_order), key=lambda row: _order(row)[:2]):
            service, _, instance = key.partition("/")
            if (target := targets.get(key)) is not None:  # else its name is all that is left of it
                service, instance = target.service, target.instance
            for row, sample_type, stacks in self._of_series(list(series)):
                yield Amounts(service, instance, row, sample_type, stacks)

    def _of_series(
        self, series: list[ProfileRow]
    ) -> Iterator[tuple[ProfileRow, ValueType, Stacks]]:
        """Those of one target and kind, oldest first."""
        before: tuple[ProfileRow, Mapping[ValueType, Stacks]] | None = None
        for row, after in zip(series, [*series[1:], None], strict=True):
            wanted = self._wanted(row)
            # Of the others only those are read that what is wanted has grown since.
            if not wanted and (after is None or not self._wanted(after)):
                continue
            values = self._values(row)
            if values is None:
                continue
            if wanted:
                for sample_type, stacks in _amounts(row, values, before):
                    yield row, sample_type, stacks
            before = row, values

    def _wanted(self, row: ProfileRow) -> bool:
        at_ns = row.captured.at_ns
        return self._begin_ns <= at_ns < self._end_ns and day_of(at_ns) not in self._without

    def _values(self, row: ProfileRow) -> Mapping[ValueType, Stacks] | None:
        try:
            return stacks_of(self._reads.profile_bytes(row.captured.id))
        except (RecordingError, ProfileError):
            self.unreadable += 1
            return None


def stacks_of(data: bytes) -> Mapping[ValueType, Stacks]:
    """The values of a profile by sample type and stack.

    A semicolon within a name becomes a colon, as in folded stacks.

    Raises:
        ProfileError: it is none.
    """
    profile = with_shown_names(pprof.decode(data, limits=_LIMITS))
    paths = CallPaths(profile)
    names = [
        ";".join(_name(frame.function) for frame in reversed(paths.stack(index)))
        for index in range(len(profile.stack_offsets) - 1)
    ]
    found: dict[ValueType, dict[str, int]] = {}
    for sample_type, column in zip(profile.sample_types, profile.values.T.tolist(), strict=True):
        stacks: dict[str, int] = defaultdict(int)
        for stack, value in zip(profile.stacks.tolist(), column, strict=True):
            stacks[names[stack]] += value
        found[sample_type] = stacks
    return found


def _amounts(
    row: ProfileRow,
    values: Mapping[ValueType, Stacks],
    before: tuple[ProfileRow, Mapping[ValueType, Stacks]] | None,
) -> Iterator[tuple[ValueType, Stacks]]:
    for sample_type, stacks in values.items():
        if sample_type.type not in CUMULATIVE:
            kept: Stacks = {stack: value for stack, value in stacks.items() if value}
        elif before is not None and _same_life(before[0], row):
            kept = _growth(before[1].get(sample_type, {}), stacks)
        else:
            continue
        yield sample_type, kept


def _same_life(earlier: ProfileRow, later: ProfileRow) -> bool:
    if earlier.build != later.build:
        return False
    return None in (earlier.process, later.process) or earlier.process == later.process


def _growth(earlier: Stacks, later: Stacks) -> Stacks:
    """What came in between; nothing where less than before shows that the process is another."""
    if sum(later.values()) < sum(earlier.values()):
        return {}
    grown = {stack: value - earlier.get(stack, 0) for stack, value in later.items()}
    return {stack: value for stack, value in grown.items() if value > 0}


def _order(row: ProfileRow) -> tuple[str, str, int, int]:
    captured = row.captured
    return captured.target, captured.kind, captured.at_ns, captured.id


@lru_cache(maxsize=1 << 16)  # the same few thousand in every profile of a service
def _name(function: str) -> str:
    return visible(function).replace(";", ":").strip() or "<unknown>"
