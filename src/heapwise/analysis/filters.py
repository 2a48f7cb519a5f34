"""All filters of a view, in pprof's order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from heapwise.analysis.edit import keep_samples
from heapwise.analysis.name_filters import filter_by_name, prune_from, show_from
from heapwise.analysis.tag_filters import TagFilter, keep_tags
from heapwise.analysis.user_pattern import UserPattern
from heapwise.errors import UsageError
from heapwise.model.profile import Profile

Pattern = TypeVar("Pattern", UserPattern, TagFilter)

_LONGEST_SHOWN = 80  # bytes of a filter in the head of a view


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What was asked for, as it was typed; empty for no filter. The names are pprof's flags."""

    focus: str = ""
    ignore: str = ""
    hide: str = ""
    show: str = ""
    show_from: str = ""
    tagfocus: str = ""
    tagignore: str = ""
    tagshow: str = ""
    taghide: str = ""
    prune_from: str = ""

    def shown(self) -> tuple[str, ...]:
        """The filters as the head of a view names them; pprof leaves ``prune_from`` unsaid."""
        given = [(field.name, getattr(self, field.name)) for field in fields(self)[:-1]]
        return tuple(_shortened(f"{name}={value}") for name, value in given if value)


def apply(filters: Filters, profile: Profile, units: dict[str, str]) -> tuple[Profile, list[str]]:
    """What the filters leave of a profile, and the flags whose patterns matched nothing.

    Args:
        filters: to apply.
        profile: to filter.
        units: of its numeric labels, from before any filter.

    Raises:
        UsageError: a pattern cannot be read; the error names its flag.
    """
    names = {name: _read(UserPattern, filters, name) for name in _NAME_PATTERNS}
    tags = {name: _read(TagFilter, filters, name) for name in ("tagfocus", "tagignore")}
    profile = filter_by_name(
        profile, focus=names["focus"], ignore=names["ignore"], hide=names["hide"],
        show=names["show"],
    )  # fmt: skip
    if pattern := names["show_from"]:
        profile = show_from(profile, pattern)
    kept = np.ones(len(profile), bool)
    if focus := tags["tagfocus"]:
        kept &= focus.matches(profile, units)
    if ignore := tags["tagignore"]:
        kept &= ~ignore.matches(profile, units)
    profile = keep_samples(profile, kept) if any(tags.values()) else profile
    profile = keep_tags(profile, names["tagshow"], names["taghide"])
    if pattern := names["prune_from"]:
        profile = prune_from(profile, pattern)
    given = {**names, **tags}
    return profile, [name for name, pattern in given.items() if pattern and not pattern.found]


_NAME_PATTERNS = (
    "focus", "ignore", "hide", "show", "show_from", "tagshow", "taghide", "prune_from",
)  # fmt: skip


def _read(kind: Callable[[str], Pattern], filters: Filters, name: str) -> Pattern | None:
    text = getattr(filters, name)
    try:
        return kind(text) if text else None
    except UsageError as error:
        raise UsageError(f"-{name}: {error.what}", error.why, error.hint) from None


def _shortened(text: str) -> str:
    raw = text.encode()
    if len(raw) <= _LONGEST_SHOWN:
        return text
    return raw[:_LONGEST_SHOWN].decode("utf-8", "replace") + "…"
