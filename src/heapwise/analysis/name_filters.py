"""Filters by name: which samples and which of their frames a view shows, as in pprof.

A pattern is looked for in the function's name, in its file and in the binary. Whether a frame
matches is decided per location: with inlining several functions share one.
"""

from __future__ import annotations

import numpy as np

from heapwise.analysis.edit import (
    any_of,
    first_of,
    keep_frames,
    keep_lines,
    keep_samples,
    last_of,
    owners,
)
from heapwise.analysis.granularity import Bools
from heapwise.analysis.prune import simplified
from heapwise.analysis.user_pattern import UserPattern
from heapwise.model.profile import Profile, UInt32s


def filter_by_name(
    profile: Profile,
    *,
    focus: UserPattern | None,
    ignore: UserPattern | None,
    hide: UserPattern | None,
    show: UserPattern | None,
) -> Profile:
    """Choose samples by their frames, and take frames out of them.

    Samples stay that have a frame which matches ``focus`` and none which matches ``ignore``. Lines
    go that match ``hide`` or do not match ``show``. As soon as there is any of the four, samples
    without a frame go, and those of which no frame is left.
    """
    if not (focus or ignore or hide or show):
        return profile
    sought = _Locations(profile)
    ignored = sought.match(ignore) if ignore else np.zeros(len(profile.locations), bool)
    focused = sought.match(focus) if focus else np.ones(len(profile.locations), bool)
    frames, offsets = profile.stack_locations, profile.stack_offsets
    stacks = any_of((focused & ~ignored)[frames], offsets) & ~any_of(ignored[frames], offsets)
    kept = keep_samples(profile, stacks[profile.stacks])
    return _visible(kept, sought, hide, show) if hide or show else kept


def show_from(profile: Profile, pattern: UserPattern) -> Profile:
    """Cut off what called the frame nearest to the root that matches, in every sample.

    Samples without such a frame go.
    """
    sought = _Locations(profile)
    binary = sought.match_binary(pattern)
    lines = sought.match_lines(pattern)
    matching = binary | any_of(lines, profile.line_offsets)
    kept_lines = np.arange(len(lines)) <= last_of(lines, profile.line_offsets)[sought.of_lines]
    cut_inside = (matching & ~binary)[sought.of_lines]
    flags = matching[profile.stack_locations]
    last = last_of(flags, profile.stack_offsets)
    inside = np.arange(len(flags)) <= last[owners(profile.stack_offsets)]
    has_one = any_of(flags, profile.stack_offsets)
    profile = keep_samples(profile, has_one[profile.stacks])
    return keep_frames(keep_lines(profile, kept_lines | ~cut_inside), inside)


def prune_from(profile: Profile, pattern: UserPattern) -> Profile:
    """Cut off what the frame nearest to the leaf that matches called; only its name is looked at.

    Names are matched without their arguments.
    """
    names = np.array(
        [bool(name) and pattern.matches(simplified(name)) for name in _texts(profile, "name")], bool
    )
    lines = names[profile.lines["function"]]
    matching = any_of(lines, profile.line_offsets)
    of_lines = owners(profile.line_offsets)
    first = first_of(lines, profile.line_offsets)
    kept_lines = (np.arange(len(lines)) >= first[of_lines]) | ~matching[of_lines]
    flags = matching[profile.stack_locations]
    start = first_of(flags, profile.stack_offsets)
    start[~any_of(flags, profile.stack_offsets)] = 0
    kept = np.arange(len(flags)) >= start[owners(profile.stack_offsets)]
    return keep_frames(keep_lines(profile, kept_lines), kept)


def _visible(
    profile: Profile, sought: _Locations, hide: UserPattern | None, show: UserPattern | None
) -> Profile:
    """The profile with its hidden lines, and then its hidden frames, taken out."""
    lines = np.ones(len(profile.lines), bool)
    hidden = np.zeros(len(profile.locations), bool)
    if hide:
        binary = sought.match_binary(hide)
        lines &= ~(sought.match_lines(hide) | binary[sought.of_lines])
        # Without lines a location is hidden by its binary alone.
        hidden = sought.match(hide) & ~any_of(lines, profile.line_offsets)
    if show:
        lines &= sought.match_lines(show) | sought.match_binary(show)[sought.of_lines]
        hidden |= ~any_of(lines, profile.line_offsets)
    profile = keep_lines(profile, lines)
    if not hidden.any():
        return profile
    frames = ~hidden[profile.stack_locations]
    left = any_of(frames, profile.stack_offsets)
    return keep_frames(keep_samples(profile, left[profile.stacks]), frames)


class _Locations:
    """Matches patterns against the locations of a profile, each distinct text once."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.of_lines = owners(profile.line_offsets)

    def match(self, pattern: UserPattern) -> Bools:
        """Bool per location: a line's function or file, or the binary, matches."""
        lines = any_of(self.match_lines(pattern), self._profile.line_offsets)
        return lines | self.match_binary(pattern)

    def match_lines(self, pattern: UserPattern) -> Bools:
        """Bool per line: its function's name or file matches."""
        functions = self._matching(self._profile.functions["name"], pattern)
        functions |= self._matching(self._profile.functions["filename"], pattern)
        return np.take(functions, self._profile.lines["function"])

    def match_binary(self, pattern: UserPattern) -> Bools:
        """Bool per location: its mapping's file matches."""
        mappings = self._matching(self._profile.mappings["filename"], pattern)
        # The appended False is what a location without a mapping, -1, picks.
        binaries: Bools = np.append(mappings, False)[self._profile.locations["mapping"]]
        return binaries

    def _matching(self, strings: UInt32s, pattern: UserPattern) -> Bools:
        unique, inverse = np.unique(strings, return_inverse=True)
        text = self._profile.strings.text
        return np.array([pattern.matches(text(index)) for index in unique.tolist()], bool)[inverse]


def _texts(profile: Profile, field: str) -> list[str]:
    return [profile.strings.text(index) for index in profile.functions[field].tolist()]
