"""What charts draw of the collector, and of the hits that waited for it."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.analysis.gc_bands import MOST_BANDS, MOST_DOTS, gc_bands, slow_hits, united
from heapwise.model.gc_timeline import Assist, Collection, GcSource, GcTimeline, Stop
from heapwise.model.load import HitFlag, Hits

S = 1_000_000_000


def timeline(
    *spans: tuple[float, float], source: GcSource = GcSource.GCTRACE, stops: bool = False
) -> GcTimeline:
    """Collections over the given seconds."""
    nanoseconds = [(round(start * S), round(end * S)) for start, end in spans]
    return GcTimeline(
        source=source, clock="run", uncertainty_ns=0, begin_ns=0, end_ns=100 * S,
        happened=len(spans), coverage=1.0,
        collections=tuple(
            Collection(number=at, start_ns=start, end_ns=end)
            for at, (start, end) in enumerate(nanoseconds)
        ),
        stops=tuple(Stop(start, end, "gen2") for start, end in nanoseconds) if stops else (),
    )  # fmt: skip


def hits(*rows: tuple[float, float], flags: int = 0) -> Hits:
    """Hits that were due and done at the given seconds."""
    table = np.zeros((len(rows), len(Hits.columns())), np.int64)
    table[:, 0] = [round(due * S) for due, _ in rows]
    table[:, 4] = [round(done * S) for _, done in rows]
    table[:, 10] = flags
    return Hits.from_rows(table)


def test_bands_are_seconds_since_the_load_began() -> None:
    """What was before it has a negative x."""
    (mark,) = gc_bands(timeline((1, 2), (5, 5.5)), 2 * S)
    assert (mark.name, mark.starts, mark.ends) == ("GC mark", (-1.0, 3.0), (0.0, 3.5))


def test_every_kind_of_work_has_bands_of_its_own() -> None:
    """Assists of several goroutines at once count once."""
    known = timeline((1, 2), source=GcSource.TRACE, stops=True)
    assists = (Assist(1 * S, 3 * S, 7), Assist(2 * S, 4 * S, 8))
    found = gc_bands(
        GcTimeline(**{name: getattr(known, name) for name in known.__struct_fields__}
                   | {"assists": assists}),
        0,
    )  # fmt: skip
    assert [(band.name, band.starts, band.ends) for band in found] == [
        ("GC mark", (1.0,), (2.0,)),
        ("assist", (1.0,), (4.0,)),
        ("stop-the-world", (1.0,), (2.0,)),
    ]


def test_a_source_without_beginnings_makes_no_band_of_marking() -> None:
    """The ring of pauses knows when cycles ended."""
    assert gc_bands(timeline((1, 2), source=GcSource.RING), 0) == ()
    assert gc_bands(None, 0) == ()


def test_a_stop_of_a_profiler_is_none_of_the_collectors() -> None:
    """Starting a trace stops the world too."""
    known = timeline((1, 2))
    start = Stop(1 * S, 2 * S, "start trace", gc=False)
    changed = {name: getattr(known, name) for name in known.__struct_fields__} | {"stops": (start,)}
    assert [band.name for band in gc_bands(GcTimeline(**changed), 0)] == ["GC mark"]


def test_thousands_of_collections_grow_together_where_they_are_closest() -> None:
    """The page stays small, and what is far apart stays apart."""
    spans = [(at * 0.001, at * 0.001 + 0.0009) for at in range(2 * MOST_BANDS)]
    spans.append((90.0, 91.0))
    (mark,) = gc_bands(timeline(*spans), 0)
    assert len(mark.starts) == MOST_BANDS
    assert (mark.starts[-1], mark.ends[-1]) == (90.0, 91.0)


def test_slow_hits_are_apart_by_whether_a_collection_was_under_way() -> None:
    """A collection that ends as the hit begins does not touch it."""
    quick = [(at * 0.1, at * 0.1 + 0.001) for at in range(296)]
    made = hits(*quick, (1, 1.5), (2, 2.5), (3, 3.5))
    active, other = slow_hits(made, timeline((0.5, 1), (2.4, 2.6), (3, 3.1)), 1 * S)
    assert (active.name, active.x, active.y) == ("slow, GC active", (1.0, 2.0), (5e8, 5e8))
    assert (other.name, other.x) == ("slow, no GC", (0.0,))


@pytest.mark.parametrize(
    "known",
    [
        None,
        timeline((1, 2), source=GcSource.RING),
        msgspec.structs.replace(timeline((1, 2)), coverage=0.5),
    ],
)
def test_nobody_is_accused_without_evidence(known: GcTimeline | None) -> None:
    """One row of dots where it is not known, or not of enough cycles, when the collector worked."""
    (found,) = slow_hits(hits((1, 2)), known, 0)
    assert (found.name, found.y) == ("slow", (1e9,))


def test_the_warm_up_and_what_was_never_sent_are_no_slow_hits() -> None:
    """They are in no figure either."""
    assert slow_hits(hits((1, 2), flags=HitFlag.WARMUP), None, 0) == ()
    assert slow_hits(hits((1, -1 / S)), None, 0) == ()


def test_the_slowest_are_kept_where_there_are_too_many() -> None:
    """In the order of time."""
    many = 100 * (MOST_DOTS + 50)
    table = np.zeros((many, len(Hits.columns())), np.int64)
    table[:, 0] = np.arange(many) * 1000
    table[:, 4] = table[:, 0] + np.random.default_rng(3).permutation(many)
    (found,) = slow_hits(Hits.from_rows(table), None, 0)
    assert len(found.x) == MOST_DOTS
    assert list(found.x) == sorted(found.x)
    assert min(value for value in found.y if value is not None) == many - MOST_DOTS


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 30)), max_size=20))
def test_united_spans_cover_what_the_spans_cover(rows: list[tuple[int, int]]) -> None:
    """No moment more, none less, and no two of them meet."""
    spans = [(start, start + length) for start, length in rows if length]
    starts, ends = united(spans)
    covered = {moment for start, end in spans for moment in range(start, end)}
    found = [moment for s, e in zip(starts, ends, strict=True) for moment in range(s, e)]
    assert sorted(covered) == found
    assert all(starts[1:] > ends[:-1])
