"""Results that reports print as they are."""

from __future__ import annotations

import msgspec

from heapwise.model.finding import Interval


class Row(msgspec.Struct, frozen=True):
    """One function of a profile: ``flat`` its own, ``cum`` with everything it called."""

    name: str
    flat: int
    cum: int


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """The functions of a profile by weight of one sample type.

    Attributes:
        source: what was read.
        sample_type: never left unsaid: ``alloc_space``.
        unit: ``bytes`` or ``count``.
        total: the sum of the whole profile, which percentages refer to.
        rows: heaviest first.
        dropped: rows the caller cut off.
        sorted_by: ``flat`` or ``cum``.
        notes: what a reader must know to trust the figures.
    """

    source: str
    sample_type: str
    unit: str
    total: int
    rows: tuple[Row, ...]
    dropped: int
    sorted_by: str
    notes: tuple[str, ...] = ()


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
