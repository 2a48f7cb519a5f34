"""A recording's profile per unit of work, with the totals that were counted exactly.

The sampled profile is off by some per cent from run to run; the counters are not. So bytes are
scaled to the exact total, and the profile only gives the shares. Objects are not: what the profile
lacks there are tiny objects, which the runtime combines in blocks and never samples. They get a
frame of their own, and with it the objects add up to the exact total as well.

Values stay as they were sampled, because the sampled events are counted back from them; what is
per request is how they are printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import msgspec
import numpy as np

from heapwise.analysis.aggregate import weigh
from heapwise.analysis.allocation import is_measuring
from heapwise.analysis.edit import keep_samples
from heapwise.analysis.frames import CallPaths
from heapwise.analysis.row_errors import Mass, whole
from heapwise.analysis.trim import Trim, choose
from heapwise.analysis.view import Look, Query, choose_sample_type, look
from heapwise.errors import ProfileError, UsageError
from heapwise.model.profile import FUNCTION, LINE, LOCATION, Profile, StringTable, ValueType
from heapwise.model.tables import Row, Table
from heapwise.model.work import PerWork
from heapwise.units import format_count, format_share, format_size

TINY = "combined tiny allocations"
"""The frame of the objects that no profile has."""

_BYTES, _OBJECTS = "alloc_space", "alloc_objects"
_NUDGE = 1e-12
"""Printed amounts are cut off, not rounded: an exact total must not lose its last byte to that."""


@dataclass(frozen=True)
class PerRequestLook(Look):
    """A look at a recording whose amounts are printed per unit of work.

    Attributes:
        work_unit: ``req``.
        objects_ratio: that sampled objects are multiplied by to be those of one unit.
        pinned: of bytes, all that was sampled, before any filter; None for objects.
        tiny: of objects, those in the frame `TINY`. They are what is left of an exact total, and
            so err by as much as all sampled objects do.
        remarks: on how the figures came about.
    """

    work_unit: str
    objects_ratio: float
    pinned: Mass | None
    tiny: Mass
    remarks: tuple[str, ...]

    def head(self) -> dict[str, Any]:
        """The fields of a `heapwise.model.tables.View`."""
        head = super().head()
        return head | {
            "per": self.work_unit,
            "ratio": head["ratio"] * (1 + _NUDGE),
            "notes": (*self.remarks, *head["notes"]),
        }


def per_request(
    profile: Profile, costs: PerWork, query: Query, *, source: str, packs_tiny: bool
) -> PerRequestLook:
    """Look at what a recording's load allocated, per unit of work.

    Args:
        profile: of the load.
        costs: what one unit cost by exact counters.
        query: what is asked for.
        source: of the profile, for the title.
        packs_tiny: the runtime combines tiny objects in blocks that it samples as one.

    Raises:
        UsageError: the sample type is not one that work causes, or amounts are divided already.
        ProfileError: it holds no sampled allocation.
    """
    shown = _shown(profile, query)
    kept, measuring = _without_measuring(profile)
    sampled = float(kept.column(_BYTES).sum())
    if sampled <= 0 or not costs.work.count or not costs.bytes:
        raise ProfileError(
            f"nothing can be shown per {costs.work.unit}",
            "not one sampled allocation falls into the load",
            "run longer or at a higher rate",
        )
    objects_ratio = 1 / costs.work.count
    ratio = costs.bytes / sampled if shown.type == _BYTES else objects_ratio
    missing = _missing_objects(kept, costs) if packs_tiny and shown.type == _OBJECTS else 0
    everything = whole(kept, shown)
    seen = look(
        _with_tiny(kept, missing) if missing > 0 else kept,
        replace(query, divide_by=1 / ratio),
        source=f"{source}, per {costs.work.unit}",
    )
    return PerRequestLook(
        **{field.name: getattr(seen, field.name) for field in fields(Look)},
        work_unit=costs.work.unit,
        objects_ratio=objects_ratio,
        pinned=everything if shown.type == _BYTES else None,
        tiny=Mass(missing, everything.variance) if missing > 0 else Mass(),
        remarks=tuple(_remarks(costs, sampled, measuring, missing, shown)),
    )


def with_objects(table: Table, seen: PerRequestLook, trim: Trim) -> Table:
    """The table with the objects that each row allocates per unit of work, and their mean size."""
    count = weigh(seen.profile, _OBJECTS, seen.nodes).flat
    size = weigh(seen.profile, _BYTES, seen.nodes).flat
    nodes = choose(seen.weighed, trim).nodes
    rows = (
        _with_objects(row, float(count[node]), float(size[node]), seen)
        for row, node in zip(table.rows, nodes, strict=True)
    )
    return msgspec.structs.replace(table, rows=tuple(rows))


def _with_objects(row: Row, count: float, size: float, seen: PerRequestLook) -> Row:
    if count <= 0:
        return row
    return msgspec.structs.replace(
        row,
        interval=seen.tiny.interval() if row.name == TINY else row.interval,
        objects=count * seen.objects_ratio,
        # The sampling error of both is the same, and so is not one of their quotient.
        object_size=size / count if size > 0 else None,
    )


def _shown(profile: Profile, query: Query) -> ValueType:
    shown = choose_sample_type(profile, query.sample_type)
    if shown.type not in {_BYTES, _OBJECTS}:
        raise UsageError(
            f"{shown.type} is nothing that a request causes",
            hint="choose -alloc_space or -alloc_objects",
        )
    if query.divide_by != 1:
        raise UsageError("-per-request and -divide_by exclude each other")
    return shown


def _without_measuring(profile: Profile) -> tuple[Profile, float]:
    """The profile without what reading it cost, and the share of the bytes that this was.

    What became less is of another process or another sampling rate, and no credit: it goes too.
    """
    paths = CallPaths(profile)
    stacks = (paths.stack(index) for index in range(len(profile.stack_offsets) - 1))
    measuring = np.array([bool(path) and is_measuring(path) for path in stacks], bool)
    size, count = profile.column(_BYTES), profile.column(_OBJECTS)
    grew = (size >= 0) & (count >= 0)
    own = ~measuring[profile.stacks]
    everything = float(size[grew].sum())
    share = float(size[grew & ~own].sum()) / everything if everything > 0 else 0.0
    return keep_samples(profile, grew & own), share


def _missing_objects(profile: Profile, costs: PerWork) -> int:
    """Objects that were counted and that the profile lacks; negative where it has too many."""
    counted = (costs.allocs or 0.0) * costs.work.count
    return math.floor(counted - float(profile.column(_OBJECTS).sum()))


def _with_tiny(profile: Profile, count: int) -> Profile:
    """The profile with a sample for objects that were never sampled."""
    values = np.zeros((1, len(profile.sample_types)), np.int64)
    names = [kind.type for kind in profile.sample_types]
    values[0, names.index(_OBJECTS)] = count
    function, line, location = np.zeros(1, FUNCTION), np.zeros(1, LINE), np.zeros(1, LOCATION)
    function["name"] = function["system_name"] = len(profile.strings)
    line["function"] = len(profile.functions)
    location["mapping"] = -1 if not len(profile.mappings) else 0
    return replace(
        profile,
        strings=StringTable.of([*profile.strings, TINY.encode()]),
        functions=np.concatenate([profile.functions, function]),
        lines=np.concatenate([profile.lines, line]),
        locations=np.concatenate([profile.locations, location]),
        line_offsets=np.append(profile.line_offsets, len(profile.lines) + 1),
        stack_locations=np.append(profile.stack_locations, np.uint32(len(profile.locations))),
        stack_offsets=np.append(profile.stack_offsets, len(profile.stack_locations) + 1),
        stacks=np.append(profile.stacks, np.uint32(len(profile.stack_offsets) - 1)),
        values=np.concatenate([profile.values, values]),
        label_offsets=np.append(profile.label_offsets, len(profile.labels)),
    )


def _remarks(
    costs: PerWork, sampled: float, measuring: float, missing: int, shown: ValueType
) -> Iterable[str]:
    unit, count = costs.work.unit, costs.work.count
    total = f"{format_size(costs.bytes or 0)} and {format_count(costs.allocs or 0)} allocs"
    yield f"{total} per {unit} were counted exactly over {format_count(count)} {unit}"
    if shown.type == _BYTES:
        off = sampled / ((costs.bytes or 1.0) * count) - 1
        yield f"shares are the profile's, whose own total was {format_share(off)} off"
    if missing > 0:
        yield f"{TINY}: objects below 16 B, which the runtime packs into blocks and never samples"
    if missing < 0:
        over = -missing / count
        yield f"the profile has {format_count(over)} objects per {unit} too many, by chance"
    if measuring > 0:
        yield f"reading profiles and counters cost {format_share(measuring)}, which is left out"
