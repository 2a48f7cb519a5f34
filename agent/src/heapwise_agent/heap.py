"""The heap as a profile, as text, and as the difference of two moments.

Four values for each stack and size, in Go's order. They are estimates of everything that was
allocated, not of what was sampled; nobody scales them again. Each sample carries the label
``bytes``, the mean size of its objects: with the interval as period p, a sample of total size S
goes back to the ``S / bytes * (1 - exp(-bytes / p))`` events it was estimated from, as with Go.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from heapwise_agent.encode import Profile, ValueType
from heapwise_agent.sampler import Frame, Row, Snapshot
from heapwise_agent.text import Listing, page

TYPES = (
    ValueType("alloc_objects", "count"),
    ValueType("alloc_space", "bytes"),
    ValueType("inuse_objects", "count"),
    ValueType("inuse_space", "bytes"),
)
_SPACE = ValueType("space", "bytes")

_Key = tuple[tuple[Frame, ...], int]


def profile(snapshot: Snapshot, *, default: str = "", duration_ns: int = 0) -> bytes:
    """The gzipped ``profile.proto``.

    Args:
        snapshot: a moment, or the `delta` of two.
        default: ``alloc_space`` for ``allocs``; empty shows what is in use.
        duration_ns: of a delta.
    """
    out = Profile(TYPES, _SPACE, snapshot.interval)
    for row in snapshot.rows:
        values = (row.alloc_objects, row.alloc_space, row.inuse_objects, row.inuse_space)
        out.add(snapshot.stacks[row.stack_index], values, (("bytes", round(row.size), ""),))
    out.duration_ns = duration_ns
    out.default = default
    return out.encode()


def delta(before: Snapshot, after: Snapshot) -> Snapshot:
    """What happened between two snapshots; what was freed since is negative in use.

    Rows are matched by stack and size class, since the mean size of a class drifts; the new size
    is the mean of what was allocated in between.
    """
    earlier = _by_class(before)
    stacks: dict[tuple[Frame, ...], int] = {}
    rows: list[Row] = []
    for (stack, kind), now in _by_class(after).items():
        then = earlier.pop((stack, kind), None)
        rows.append(_difference(then, now, stacks.setdefault(stack, len(stacks))))
    for (stack, _), then in earlier.items():  # none, unless another process answered
        gone = replace(then, hits=0, alloc_objects=0, alloc_space=0, inuse_objects=0, inuse_space=0)
        rows.append(_difference(then, gone, stacks.setdefault(stack, len(stacks))))
    return replace(after, rows=tuple(rows), stacks=tuple(stacks))


def text(snapshot: Snapshot) -> bytes:
    """The rows of ``debug=1``: raw counts of sampled events.

    Rows that are in use come last, as with Go.
    """
    counts = [(row, _raw(row, snapshot.interval)) for row in snapshot.rows]
    counts.sort(key=lambda each: each[1][1])
    sums = [sum(each[1][column] for each in counts) for column in range(4)]
    if sums[1] == sums[3]:
        sums[3] += 1  # equal columns are what readers know a profile of two columns by

    def lines() -> Iterator[str]:
        yield (
            f"heap profile: {sums[0]}: {sums[1]} [{sums[2]}: {sums[3]}]"
            f" @ heap/{2 * snapshot.interval}"
        )
        listing = Listing()
        for row, (live, live_bytes, hits, hit_bytes) in counts:
            stack = snapshot.stacks[row.stack_index]
            yield from listing.record(f"{live}: {live_bytes} [{hits}: {hit_bytes}]", stack)

    return page(lines())


def live(snapshot: Snapshot) -> tuple[int, int]:
    """Objects and bytes in use, as estimated."""
    objects = sum(row.inuse_objects for row in snapshot.rows)
    return max(0, round(objects)), max(0, round(sum(row.inuse_space for row in snapshot.rows)))


def size_class(size: float) -> int:
    """The sampler's class for the mean size of its blocks.

    16 bytes apart up to 512, four for each doubling above. All sizes of a class lie between two
    whole numbers, so their mean does, but for the rounding of a quotient of sums.
    """
    whole = math.ceil(size - 1e-6)
    if whole <= 512:
        return (whole + 15) // 16
    top = (whole - 1).bit_length() - 1
    return 33 + (top - 9) * 4 + ((whole - 1) >> (top - 2) & 3)


def _by_class(snapshot: Snapshot) -> dict[_Key, Row]:
    groups: defaultdict[_Key, list[Row]] = defaultdict(list)
    for row in snapshot.rows:
        groups[snapshot.stacks[row.stack_index], size_class(row.size)].append(row)
    return {key: _joined(rows) for key, rows in groups.items()}


def _joined(rows: list[Row]) -> Row:
    first = rows[0]
    for row in rows[1:]:
        objects = first.alloc_objects + row.alloc_objects
        space = first.alloc_space + row.alloc_space
        first = replace(
            first,
            size=space / objects if objects else first.size,
            hits=first.hits + row.hits,
            alloc_objects=objects,
            alloc_space=space,
            inuse_objects=first.inuse_objects + row.inuse_objects,
            inuse_space=first.inuse_space + row.inuse_space,
        )
    return first


def _difference(then: Row | None, now: Row, stack_index: int) -> Row:
    if then is None:
        return replace(now, stack_index=stack_index)
    objects = now.alloc_objects - then.alloc_objects
    space = now.alloc_space - then.alloc_space
    return replace(
        now,
        stack_index=stack_index,
        size=space / objects if objects > 0 and space > 0 else now.size,
        hits=now.hits - then.hits,
        alloc_objects=objects,
        alloc_space=space,
        inuse_objects=now.inuse_objects - then.inuse_objects,
        inuse_space=now.inuse_space - then.inuse_space,
    )


def _raw(row: Row, interval: int) -> tuple[int, int, int, int]:
    """Events that were sampled: live ones, their bytes, all, their bytes.

    Made from the estimates, which readers then find again although the interval was another one
    when some of the events were sampled.
    """
    share = 1.0 if interval <= 1 else -math.expm1(-row.size / interval)
    live, hits = round(row.inuse_objects * share), round(row.alloc_objects * share)
    size = round(row.size)
    return live, live * size, hits, hits * size
