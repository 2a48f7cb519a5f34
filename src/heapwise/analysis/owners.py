"""Who makes the garbage: allocation by owner, the first frame outside the standard library.

The leaf of an allocating stack is nearly always library code, and one cause shows under several
leaves; the owner is the code that can be changed. Where a runtime's dependencies do not count as
owners either, what they do on their own account still has to have one: the dependency itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from heapwise.analysis.allocation import (
    Allocation,
    Path,
    Weight,
    allocation,
    allocs_per_work,
    bytes_per_work,
    live_by_path,
)
from heapwise.analysis.frames import RuntimeFrames, frames_of, place
from heapwise.model.profile import Profile
from heapwise.model.tables import FEW_HITS, OwnerRow, OwnerTable
from heapwise.model.work import PerWork
from heapwise.units import format_count, format_share

OwnerKey = tuple[str, str]
"""Function and module of an owner."""

_NOTHING = (
    "Not one sampled allocation of the service falls into the run: who allocated is unknown. Run"
    " longer or at a higher rate, and see that the service samples: in Go MemProfileRate is not 0,"
    " in Python the agent's interval is not above what a run allocates."
)


def owner_index(path: Path, runtime: RuntimeFrames) -> int:
    """Where the owner stands in a path, leaf first.

    What the library does unasked has no owner; it goes to the root of its goroutine, or to what a
    loop called. Dependencies own what they do without the service's code.
    """
    asked = runtime.caused(path)
    own = (index for index, frame in enumerate(asked) if runtime.is_own(frame))
    chosen = (
        index
        for index, frame in enumerate(asked)
        if not runtime.is_library(frame.function, frame.file)
    )
    return next(own, next(chosen, len(asked) - 1))


def owner_table(
    window: Profile,
    live: Profile | None,
    per_work: PerWork | None,
    runtime: str,
    *,
    limit: int = 20,
) -> OwnerTable:
    """Allocation by owner, heaviest first.

    Args:
        window: the later heap profile of a window minus the earlier one.
        live: the later one, for what is still reachable.
        per_work: the exact costs that the shares are scaled to; None leaves them out.
        runtime: whose frames these are: ``go``.
        limit: most rows to give.
    """
    spent = allocation(window)
    frames = frames_of(runtime)
    reachable = _live_by_owner(live_by_path(live), frames) if live is not None else {}
    owners = sorted(_by_owner(spent, frames).values(), key=lambda each: -each.weight.size)
    shown, rest = owners[:limit], owners[limit:]
    return OwnerTable(
        unit=per_work.work.unit if per_work else "",
        rows=tuple(_row(owner, spent, per_work, reachable.get(owner.key, 0)) for owner in shown),
        rest_bytes_share=spent.part(sum(owner.weight.size for owner in rest)),
        dies_young=_dies_young(spent, reachable) if live is not None else None,
        notes=tuple(_notes(spent, per_work, shown, frames)) if shown else (_NOTHING,),
    )


@dataclass(slots=True)
class _Owner:
    """One owner.

    Attributes:
        key: what it is.
        weight: of all its paths.
        heaviest: the path with the most bytes, from the leaf to the owner.
        heaviest_size: those bytes.
    """

    key: OwnerKey = ("", "")
    weight: Weight = field(default_factory=Weight)
    heaviest: Path = ()
    heaviest_size: float = -1.0


def _by_owner(spent: Allocation, runtime: RuntimeFrames) -> dict[OwnerKey, _Owner]:
    owners: dict[OwnerKey, _Owner] = defaultdict(_Owner)
    for site in spent.sites:
        index = owner_index(site.path, runtime)
        owner = owners[key := _key(site.path, index, runtime)]
        owner.key = key
        owner.weight.add(site.weight)
        if site.weight.size > owner.heaviest_size:
            owner.heaviest, owner.heaviest_size = site.path[: index + 1], site.weight.size
    return owners


def _live_by_owner(live: Mapping[Path, int], runtime: RuntimeFrames) -> dict[OwnerKey, int]:
    reachable: dict[OwnerKey, int] = defaultdict(int)
    for path, size in live.items():
        reachable[_key(path, owner_index(path, runtime), runtime)] += size
    return reachable


def _key(path: Path, index: int, runtime: RuntimeFrames) -> OwnerKey:
    return path[index].function, runtime.module_of(path[index].file)


def _row(owner: _Owner, spent: Allocation, per_work: PerWork | None, live_bytes: int) -> OwnerRow:
    share = spent.share(owner.weight)
    return OwnerRow(
        owner=owner.key[0],
        place=place(owner.heaviest[-1]),
        module=owner.key[1],
        bytes_per_work=bytes_per_work(share, per_work),
        allocs_per_work=allocs_per_work(owner.weight, per_work),
        bytes_share=share.value,
        allocs_share=spent.count_share(owner.weight).value,
        live_bytes=live_bytes,
        hits=round(owner.weight.hits),
        path=tuple(frame.function for frame in reversed(owner.heaviest)),
    )


def _dies_young(spent: Allocation, live: Mapping[OwnerKey, int]) -> float | None:
    """The share of the bytes that cannot be live: at most everything live is from the window."""
    return max(0.0, 1.0 - spent.part(sum(live.values()))) if spent.total.size > 0 else None


def _notes(
    spent: Allocation, per_work: PerWork | None, shown: Sequence[_Owner], runtime: RuntimeFrames
) -> Iterable[str]:
    if spent.measuring.size > 0:
        share = spent.measuring.size / (spent.total.size + spent.measuring.size)
        yield (
            f"{format_share(share)} of the profile is what reading profiles and counters cost;"
            " it is left out."
        )
    if runtime.packs_tiny and per_work is not None and per_work.allocs:
        yield from _tiny(spent, per_work.allocs, per_work)
    if any(runtime.is_library(each.key[0], each.heaviest[-1].file) for each in shown):
        yield "Owners of the standard library are its own work, which no code of yours asked for."
    if any(runtime.is_dependency(each.key[0], each.heaviest[-1].file) for each in shown):
        yield "Packages are owners only of what they do without being called by the service's code."
    guesses = sum(round(each.weight.hits) < FEW_HITS for each in shown)
    if guesses:
        yield f"Fewer than {FEW_HITS} sampled events are behind {guesses} of these rows: guesses."


def _tiny(spent: Allocation, allocs: float, per_work: PerWork) -> Iterable[str]:
    """The objects that the exact counter knows and the profile lacks beyond its own error."""
    seen = allocs_per_work(spent.total, per_work)
    if seen is not None and allocs - seen.high > 0.01 * allocs:
        gap = allocs - seen.value
        yield (
            f"combined tiny allocations: {format_count(gap)} of {format_count(allocs)}"
            f" allocs/{per_work.work.unit} are in no row; the runtime packs objects below 16 B"
            " into shared blocks and does not sample them."
        )
