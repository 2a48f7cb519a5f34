"""A profile made ready to be shown: names, filters and the total, as pprof prepares them."""

from __future__ import annotations

import posixpath
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from heapwise.analysis.aggregate import Weighed, total, weigh
from heapwise.analysis.filters import Filters, apply
from heapwise.analysis.granularity import Granularity, Nodes
from heapwise.analysis.prune import prune
from heapwise.analysis.shown_name import with_shown_names
from heapwise.analysis.suggest import what_there_is
from heapwise.analysis.tag_filters import label_units
from heapwise.analysis.tag_frames import TagFrames, with_tag_frames
from heapwise.errors import UsageError
from heapwise.formats.measurement import AUTOMATIC
from heapwise.model.profile import MAPPING, Profile, ValueType

_MOST_NAMED = 20  # sample types in an error; a hostile profile has half a million


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a view is asked to show.

    Attributes:
        sample_type: by name or number; None for the profile's default.
        granularity: what one row is.
        inlines: False counts inlined calls as part of their callers.
        filters: which samples and frames.
        tag_frames: labels to be shown as frames.
        relative: percentages refer to what the filters leave.
        unit: to print amounts in.
        divide_by: a number above zero that amounts are divided by when they are printed.
    """

    sample_type: str | None = None
    granularity: Granularity = "functions"
    inlines: bool = True
    filters: Filters = field(default_factory=Filters)
    tag_frames: TagFrames = field(default_factory=TagFrames)
    relative: bool = False
    unit: str = AUTOMATIC
    divide_by: float = 1.0


@dataclass(frozen=True)
class Look:
    """A profile as a query wants it looked at.

    Attributes:
        profile: filtered, with the names that are shown.
        sample_type: whose values count.
        total: what percentages refer to.
        units: of the numeric labels.
        unmatched: filters that matched nothing, as ``focus=x``, and what there is instead.
    """

    source: str
    query: Query
    profile: Profile
    sample_type: ValueType
    total: int
    units: dict[str, str]
    unmatched: tuple[tuple[str, str], ...]

    @cached_property
    def nodes(self) -> Nodes:
        """The rows that frames belong to."""
        return Nodes.of(self.profile, self.query.granularity, inlines=self.query.inlines)

    @cached_property
    def weighed(self) -> Weighed:
        """Flat and cum of the nodes."""
        return weigh(self.profile, self.sample_type.type, self.nodes)

    def head(self) -> dict[str, Any]:
        """The fields of a `heapwise.model.tables.View`."""
        profile, text = self.profile, self.profile.strings.text
        main = profile.mappings[0]
        return {
            "source": self.source,
            "sample_type": self.sample_type.type,
            "unit": self.sample_type.unit,
            "total": self.total,
            "notes": _notes(profile, self.sample_type.type, self.total),
            "binary": posixpath.basename(text(main["filename"]).rstrip("/")),
            "build_id": text(main["build_id"]),
            "comments": profile.comments,
            "doc_url": profile.doc_url,
            "time_ns": profile.time_ns,
            "duration_ns": profile.duration_ns,
            "filters": self.query.filters.shown(),
            "shown_unit": self.query.unit,
            "ratio": 1 / self.query.divide_by,
        }


def look(profile: Profile, query: Query, *, source: str) -> Look:
    """Prepare a profile for a view.

    Raises:
        ProfileError: its ``drop_frames`` cannot be used.
        UsageError: a filter cannot be read, or there is no such sample type.
    """
    chosen = choose_sample_type(profile, query.sample_type)
    profile = as_read(profile)
    units = label_units(profile)
    missing: list[str] = []
    if query.tag_frames:
        profile, missing = with_tag_frames(profile, query.tag_frames, query.unit)
    filtered, unmatched = apply(query.filters, profile, units)
    asked = {**asdict(query.filters), **asdict(query.tag_frames)}
    return Look(
        source=source,
        query=query,
        profile=filtered,
        sample_type=chosen,
        total=total(filtered if query.relative else profile, chosen.type),
        units=units,
        unmatched=tuple(
            (f"{flag}={asked[flag]}", what_there_is(flag, profile, chosen.type))
            for flag in (*missing, *unmatched)
        ),
    )


def as_read(profile: Profile) -> Profile:
    """A profile as pprof has it once it is read, before anything is asked of it.

    Function names are those that are shown, ``drop_frames`` are gone, and a profile without any
    mapping has an empty one that all locations belong to.
    """
    profile = prune(with_shown_names(profile))
    if len(profile.mappings):
        return profile
    locations = profile.locations.copy()
    locations["mapping"] = 0
    return replace(profile, mappings=np.zeros(1, MAPPING), locations=locations)


def choose_sample_type(profile: Profile, wanted: str | None) -> ValueType:
    """The sample type a user means: by name, by number, or unasked the profile's default.

    As in pprof, ``inuse_space`` also finds a type that is just called ``space``.

    Raises:
        UsageError: the profile has no such type.
    """
    if not wanted:
        return profile.shown_by_default
    types = profile.sample_types
    if wanted.isascii() and wanted.isdigit() and int(wanted[:9]) < len(types):
        return types[int(wanted)]
    for candidate in types:
        if candidate.type in {wanted, wanted.removeprefix("inuse_")}:
            return candidate
    names = ", ".join(candidate.type for candidate in types[:_MOST_NAMED])
    raise UsageError(f"the profile has no sample type {wanted!r}", hint=f"it has {names}")


def _notes(profile: Profile, sample_type: str, total: int) -> tuple[str, ...]:
    notes = []
    negative = int(np.count_nonzero(profile.column(sample_type) < 0))
    if negative:
        notes.append(
            f"{negative:,} samples are negative, as in a difference of two profiles; "
            "percentages refer to the sum of absolute values, or of the base's with -diff_base"
        )
    if total >= 1 << 63:
        notes.append("the values add up to more than 2^63, which no real program allocates")
    return tuple(notes)
