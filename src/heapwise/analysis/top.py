"""The functions of a profile by weight, in the order ``go tool pprof -top`` prints them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import starmap
from typing import Literal, NamedTuple

import numpy as np

from heapwise.analysis.aggregate import weigh
from heapwise.analysis.prune import prune
from heapwise.errors import UsageError
from heapwise.model.profile import Profile, ValueType
from heapwise.model.tables import Row, Table

_MOST_NAMED = 20  # sample types in an error; a hostile profile has half a million

Sort = Literal["flat", "cum"]


class _Node(NamedTuple):
    name: bytes
    flat: int
    cum: int


# Where two weights are equal pprof looks at the names before it looks at the other weight.
_ORDER: dict[Sort, Callable[[_Node], tuple[int, bytes, int]]] = {
    "flat": lambda node: (-abs(node.flat), node.name, -abs(node.cum)),
    "cum": lambda node: (-abs(node.cum), node.name, -abs(node.flat)),
}


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


def top_table(
    profile: Profile,
    sample_type: str,
    *,
    source: str,
    nodecount: int = 0,
    nodefraction: float = 0.005,
    sort: Sort = "flat",
) -> Table:
    """Rank the functions of a profile.

    Args:
        profile: to rank.
        sample_type: the type whose values count.
        source: what the table calls the profile.
        nodecount: most rows; 0 is no limit.
        nodefraction: rows whose cum is below this share of the sum of all flat are left out.
        sort: by own weight or by cumulative weight; names decide ties.

    Raises:
        KeyError: the profile has no such sample type.
        ProfileError: its ``drop_frames`` cannot be used.
    """
    profile = prune(profile)
    weighed = weigh(profile, sample_type)
    everything = zip(weighed.nodes.names, weighed.flat.tolist(), weighed.cum.tolist(), strict=True)
    rows = [node for node in starmap(_Node, everything) if node.flat or node.cum]
    cutoff = abs(int(sum(node.flat for node in rows) * nodefraction))
    kept = sorted((node for node in rows if abs(node.cum) >= cutoff), key=_ORDER[sort])
    shown = kept[:nodecount] if nodecount > 0 else kept
    return Table(
        source=source,
        sample_type=sample_type,
        unit=_unit(profile, sample_type),
        total=weighed.total,
        rows=tuple(
            Row(node.name.decode("utf-8", "replace"), node.flat, node.cum) for node in shown
        ),
        dropped=len(rows) - len(shown),
        sorted_by=sort,
        notes=_notes(profile, sample_type, weighed.total),
    )


def _unit(profile: Profile, sample_type: str) -> str:
    return next(known.unit for known in profile.sample_types if known.type == sample_type)


def _notes(profile: Profile, sample_type: str, total: int) -> tuple[str, ...]:
    notes = []
    negative = int(np.count_nonzero(profile.column(sample_type) < 0))
    if negative:
        notes.append(
            f"{negative:,} samples are negative, as in a difference of two profiles; "
            "percentages refer to the sum of absolute values"
        )
    if total >= 1 << 63:
        notes.append("the values add up to more than 2^63, which no real program allocates")
    return tuple(notes)
