"""How sure the flat values of a view are: sampled events and 95 % intervals, node by node.

    errors = row_errors(look)          # any granularity, any filters
    errors.absent                      # "" or why there are none, one clause
    errors.hits[node]                  # sampled events behind the node's flat value
    errors.interval(node, flat)        # flat with its interval, in the unit of the profile

The formulas stand in `heapwise.analysis.sampling_error`. What is shown of a difference is a window
of one process, whose events are the differences themselves; where something went down it is not
one, and the events of the two sides cannot be told from what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

import msgspec
import numpy as np

from heapwise.analysis.granularity import Nodes
from heapwise.analysis.sampling_error import (
    Float64s,
    Sampling,
    interval,
    sampling,
    scaled,
    share_interval,
)
from heapwise.analysis.separable import advice
from heapwise.analysis.trim import Trim, choose
from heapwise.analysis.view import Look
from heapwise.model.finding import Interval
from heapwise.model.profile import Int64s, Profile, ValueType
from heapwise.model.tables import FEW_HITS, Row, Table

_OBJECTS, _SPACE = "objects", "space"
_LIVE = {"", "inuse_"}
"""Prefixes of what is in use: older writers call it just ``space``."""


@dataclass(frozen=True, slots=True)
class Mass:
    """An estimated amount, the variance of it, and the sampled events it rests on."""

    value: float = 0.0
    variance: float = 0.0
    hits: float = 0.0

    def __add__(self, other: Mass) -> Mass:
        """Both together; they are estimates of different samples."""
        return Mass(
            self.value + other.value, self.variance + other.variance, self.hits + other.hits
        )

    def interval(self, pinned: Mass | None = None) -> Interval:
        """The amount with its 95 % interval.

        Args:
            pinned: what it is a part of, where that total is known from an exact counter: then
                only the share errs.
        """
        if pinned is None:
            return interval(self.value, self.variance)
        rest = Mass(max(0.0, pinned.value - self.value), max(0.0, pinned.variance - self.variance))
        if rest.value <= 0:
            return Interval(self.value, self.value, self.value)
        return scaled(share_interval(self.interval(), rest.interval()), pinned.value)


@dataclass(frozen=True, slots=True, eq=False)
class RowErrors:
    """The errors of every node's flat value, or of every stack's.

    Attributes:
        hits: float64 per node, sampled events.
        variance: float64 per node, of flat.
        cut_off: float64 per node, what flat lacks of the estimate because every sample was written
            as a whole number. Of bytes that is nothing; of a few large objects it would be more
            than they err by.
        absent: why nothing is known; the arrays are zero then. Empty where it is.
    """

    hits: Float64s
    variance: Float64s
    cut_off: Float64s
    absent: str = ""

    def mass(self, node: int, flat: float) -> Mass:
        """The flat value of a node with its variance and its events."""
        value = float(flat) + float(self.cut_off[node])
        return Mass(value, float(self.variance[node]), float(self.hits[node]))

    def interval(self, node: int, flat: float) -> Interval:
        """The flat value of a node with its 95 % interval."""
        return self.mass(node, flat).interval()


def row_errors(look: Look) -> RowErrors:
    """The errors of a view's flat values, or why it has none."""
    errors = stack_errors(look)
    leaves = _leaves(look.profile, look.nodes)
    size = len(look.nodes.names)
    return RowErrors(
        hits=_sum_by(leaves, errors.hits, size),
        variance=_sum_by(leaves, errors.variance, size),
        cut_off=_sum_by(leaves, errors.cut_off, size),
        absent=errors.absent,
    )


def stack_errors(look: Look) -> RowErrors:
    """The errors of the weight of each distinct stack, or why there are none."""
    profile, shown = look.profile, look.sample_type
    size = len(profile.stack_offsets) - 1
    nothing = np.zeros(size)
    if absent := _not_sampled(profile, shown):
        return RowErrors(nothing, nothing, nothing, absent)
    found, variance = _sample_errors(profile, shown)
    prefix, kind = _parts(shown.type)
    if not found.labelled[profile.column(prefix + _SPACE) > 0].all():
        return RowErrors(nothing, nothing, nothing, _unlabelled(look))
    cut_off = np.zeros(len(profile))
    if kind == _OBJECTS:
        cut_off = np.where(found.hits > 0, found.objects - profile.column(shown.type), 0)
    stacks = profile.stacks.astype(np.int64)
    return RowErrors(
        hits=_sum_by(stacks, found.hits, size),
        variance=_sum_by(stacks, variance, size),
        cut_off=_sum_by(stacks, cut_off, size),
    )


def _sample_errors(profile: Profile, shown: ValueType) -> tuple[Sampling, Float64s]:
    """The events behind each sample, and the variance of its value of one type, float64[n]."""
    prefix, kind = _parts(shown.type)
    found = sampling(profile, prefix + _OBJECTS, prefix + _SPACE)
    return found, found.bytes_variance if kind == _SPACE else found.objects_variance


def whole(profile: Profile, shown: ValueType) -> Mass:
    """All of a profile, with the variance of it.

    Raises:
        KeyError: the type is not one of a heap profile's.
    """
    found, variance = _sample_errors(profile, shown)
    total = float(profile.column(shown.type).sum())
    return Mass(total, float(variance.sum()), float(found.hits.sum()))


def with_error_bars(table: Table, look: Look, trim: Trim, pinned: Mass | None = None) -> Table:
    """The table with intervals and sampled events, and with notes on how far to trust it.

    Args:
        table: of the look, trimmed.
        look: that it shows.
        trim: that it was trimmed with.
        pinned: what the whole profile holds, where its total is known from an exact counter: then
            only shares err.
    """
    errors = row_errors(look)
    if errors.absent:
        notes = (*table.notes, f"no error bars: {errors.absent}")
        return msgspec.structs.replace(table, notes=notes)
    nodes = choose(look.weighed, trim).nodes
    rows = tuple(
        _with_bar(row, errors.mass(node, row.flat), pinned)
        for node, row in zip(nodes, table.rows, strict=True)
    )
    return msgspec.structs.replace(
        table, rows=rows, notes=(*table.notes, *_notes(rows, look, trim))
    )


def _with_bar(row: Row, mass: Mass, pinned: Mass | None) -> Row:
    if not mass.hits:  # nothing of its own, or objects that nobody sampled
        return row
    return msgspec.structs.replace(row, interval=mass.interval(pinned), hits=round(mass.hits))


def _notes(rows: tuple[Row, ...], look: Look, trim: Trim) -> tuple[str, ...]:
    period = look.profile.period
    if period <= 1:
        return ("nothing was left to chance: every allocation was recorded",)
    guesses = sum(row.is_guess for row in rows)
    notes = []
    if guesses:
        notes.append(
            f"{guesses} of these rows rest on fewer than {FEW_HITS} sampled events: guesses, "
            "which -error_bars marks with ?"
        )
    if trim.sort == "flat":
        live = _parts(look.sample_type.type)[0] in _LIVE
        sound = takewhile(lambda row: not row.is_guess, rows)  # guesses have no order
        ranked = [row.interval for row in sound if row.interval is not None]
        notes += advice(ranked, period, live=live)
    return tuple(notes)


def _not_sampled(profile: Profile, shown: ValueType) -> str:
    """Why the samples of a type cannot be counted back to events; empty where they can."""
    types = {kind.type for kind in profile.sample_types}
    prefix, kind = _parts(shown.type)
    if kind not in {_OBJECTS, _SPACE}:
        return f"the samples of {shown.type} are not those of a heap profile"
    if missing := {prefix + _OBJECTS, prefix + _SPACE} - types:
        return f"the profile has {shown.type} without {missing.pop()}"
    if profile.period_type.type != _SPACE or profile.period < 1:
        return "the profile does not say how often it was sampled"
    if (profile.column(shown.type) < 0).any():
        return (
            "something went down between the two profiles, so that they are no window of one "
            "process; `heapwise diff` has error bars for two"
        )
    return ""


def _unlabelled(look: Look) -> str:
    filters = look.query.filters
    if filters.tagshow or filters.taghide:
        return "-tagshow or -taghide left out the label bytes, which they are worked out from"
    return "the samples do not say how big their objects are"


def _parts(sample_type: str) -> tuple[str, str]:
    """``alloc_`` and ``space`` of ``alloc_space``."""
    prefix, underscore, kind = sample_type.rpartition("_")
    return prefix + underscore, kind


def _leaves(profile: Profile, nodes: Nodes) -> Int64s:
    """The node that each stack's flat value belongs to, -1 for an empty stack."""
    filled = np.flatnonzero(np.diff(profile.stack_offsets))
    leaves = profile.stack_locations[profile.stack_offsets[filled]]
    result = np.full(len(profile.stack_offsets) - 1, -1, np.int64)
    result[filled] = nodes.of_frames[nodes.offsets[leaves]]
    return result


def _sum_by(groups: Int64s, values: Float64s, size: int) -> Float64s:
    """The values added up by group; group -1 is none."""
    result = np.zeros(size)
    there = groups >= 0
    np.add.at(result, groups[there], values[there])
    return result
