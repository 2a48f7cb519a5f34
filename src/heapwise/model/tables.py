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
        per: the unit of work that printed values are divided by, as ``req``; empty for none.
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
    per: str = ""


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
    """One node of a profile: ``flat`` its own, ``cum`` with everything it called.

    Attributes:
        interval: ``flat`` with its 95 % interval, in the same unit; None where it has none.
        hits: sampled events that ``flat`` rests on.
        objects: of a view per unit of work: objects the node itself allocates per unit.
        object_size: of such a view: their mean size in bytes.
    """

    name: str
    flat: int
    cum: int
    inline: Inline = ""
    interval: Interval | None = None
    hits: int | None = None
    objects: float | None = None
    object_size: float | None = None

    @property
    def is_guess(self) -> bool:
        """``flat`` rests on too few sampled events."""
        return self.interval is not None and is_guess(self.hits or FEW_HITS, self.interval)


FEW_HITS = 5
"""An amount with fewer sampled events is a guess, unless its objects are so large that none of them
can go unseen."""


def is_guess(hits: float, interval: Interval) -> bool:
    """Whether an amount rests on too few sampled events."""
    return hits < FEW_HITS and interval.high > 1.05 * interval.value


class Table(Ranking, frozen=True, kw_only=True):
    """The nodes of a profile by weight of one sample type, heaviest first."""

    rows: tuple[Row, ...]


Change = Literal["new", "gone", "more", "less", "unclear", "same"]
"""What became of a row: ``unclear`` where chance alone may have moved it that far."""


class DiffRow(msgspec.Struct, frozen=True, kw_only=True):
    """One function, line or call path in two profiles.

    Attributes:
        name: in the new profile, or in the base where it is gone.
        was: its names in the base, where they are others.
        before: flat in the base, with its 95 % interval; 0 up to what may have gone unseen.
        after: flat in the new profile.
        delta: the difference of the two.
        relative: ``delta`` as a share of ``before``; None where that is 0.
        change: what became of it.
        hits_before: sampled events in the base; None where they cannot be counted.
        hits_after: in the new profile.
        frames: of a path, its functions, outermost first.
    """

    name: str
    was: tuple[str, ...] = ()
    before: Interval
    after: Interval
    delta: Interval
    relative: float | None
    change: Change
    hits_before: int | None
    hits_after: int | None
    frames: tuple[str, ...] = ()


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """Two profiles compared, each way of looking at them with the largest change first.

    Attributes:
        base: what was compared with.
        new: what was compared.
        sample_type: whose values these are.
        unit: of all amounts.
        per: the unit of work they are divided by; empty for none.
        total: of the two.
        functions: by function.
        lines: by source line.
        paths: by call path.
        left_out: rows that are not shown: of functions, lines and paths.
        notes: what a reader must know to trust the figures.
        filters: those in force, as ``focus=…``.
    """

    base: str
    new: str
    sample_type: str
    unit: str
    per: str
    total: DiffRow
    functions: tuple[DiffRow, ...]
    lines: tuple[DiffRow, ...]
    paths: tuple[DiffRow, ...]
    left_out: tuple[int, ...]
    notes: tuple[str, ...]
    filters: tuple[str, ...]


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
