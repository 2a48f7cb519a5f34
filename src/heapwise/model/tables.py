"""Results that reports print as they are."""

from __future__ import annotations

from typing import Literal

import msgspec

from heapwise.model.finding import Interval

Inline = Literal["", "inline", "partial-inline"]
"""Whether the calls of a function were compiled into its callers: none, all or some of them."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What every view of a profile says before its rows.

    Attributes:
        source: what was read.
        sample_type: never left unsaid: ``alloc_space``.
        unit: of the values: ``bytes``, ``count``, ``nanoseconds``.
        total: what percentages refer to: the sum of the absolute values of the whole profile.
        notes: what a reader must know to trust the figures.
        binary: file of the program that was profiled.
        build_id: of that file.
        comments: of the profile.
        doc_url: where the profile says it is explained.
        time_ns: when it was taken, UTC; 0 where it does not say.
        duration_ns: how long it took; 0 where it does not say.
        filters: those in force, as ``focus=…``.
        shown_unit: that amounts are printed in; ``minimum`` chooses one for each.
        ratio: that values are multiplied by before they are printed.
    """

    source: str
    sample_type: str
    unit: str
    total: int
    notes: tuple[str, ...] = ()
    binary: str = ""
    build_id: str = ""
    comments: tuple[str, ...] = ()
    doc_url: str = ""
    time_ns: int = 0
    duration_ns: int = 0
    filters: tuple[str, ...] = ()
    shown_unit: str = "minimum"
    ratio: float = 1.0


class Ranking(View, frozen=True, kw_only=True):
    """A view of the heaviest nodes.

    Attributes:
        sorted_by: ``flat`` or ``cum``.
        dropped: nodes that are not shown.
        light: those of them that weigh less than ``cutoff``.
        cutoff: the share of the total that a node's cum had to reach, as an amount.
    """

    sorted_by: str
    dropped: int
    light: int = 0
    cutoff: int = 0


class Row(msgspec.Struct, frozen=True):
    """One node of a profile: ``flat`` its own, ``cum`` with everything it called."""

    name: str
    flat: int
    cum: int
    inline: Inline = ""


class Table(Ranking, frozen=True, kw_only=True):
    """The nodes of a profile by weight of one sample type, heaviest first."""

    rows: tuple[Row, ...]


class OwnerRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one owner frame, the first outside the standard library, makes others allocate.

    Attributes:
        owner: function.
        place: file:line of the owner's call.
        module: ``module@version``; empty for the service's own code.
        bytes_per_work: scaled to the exact total, with interval.
        allocs_per_work: scaled from the sampled objects, with interval.
        bytes_share: of all bytes.
        allocs_share: of all sampled objects.
        live_bytes: still reachable at the end.
        hits: sampled events it rests on; below 5 the row is a guess.
        path: the heaviest call path, outermost first, from the owner to the allocator.
    """

    owner: str
    place: str
    module: str
    bytes_per_work: Interval | None
    allocs_per_work: Interval | None
    bytes_share: float
    allocs_share: float
    live_bytes: int
    hits: int
    path: tuple[str, ...]


class OwnerTable(msgspec.Struct, frozen=True, kw_only=True):
    """Allocation by owner, heaviest first.

    Attributes:
        unit: the unit of work.
        rows: one per owner.
        rest_bytes_share: share of the owners not shown.
        dies_young: the share of allocated bytes that is not live at the end.
    """

    unit: str
    rows: tuple[OwnerRow, ...]
    rest_bytes_share: float
    dies_young: float | None
    notes: tuple[str, ...] = ()
