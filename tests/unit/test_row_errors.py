"""Error bars of a view: whatever a row is, its events and interval are those of its samples."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.diff import subtract
from heapwise.analysis.filters import Filters
from heapwise.analysis.granularity import Granularity
from heapwise.analysis.row_errors import Mass, row_errors, with_error_bars
from heapwise.analysis.sampling_error import interval
from heapwise.analysis.separable import advice, denser, times_longer
from heapwise.analysis.top import top
from heapwise.analysis.trim import UNTRIMMED, Trim
from heapwise.analysis.view import Look, Query, look
from heapwise.cli.main import app
from heapwise.formats import pprof
from heapwise.model.finding import Interval
from heapwise.model.profile import Profile
from heapwise.model.tables import Table
from heapwise.report.top import top_lines
from support.profiles import RATE, Sample, profile


def sampled(leaf: str, events: int, size: int, *callers: str, rate: int = RATE) -> Sample:
    """What Go writes for so many sampled objects of one size, all of them still in use."""
    seen = -math.expm1(-size / rate) if rate > 1 else 1.0
    count, space = int(events / seen), int(events * size / seen)
    return Sample((leaf, *callers, "main.main (/srv/main.go:9)"), (count, space, count, space),
                  {"bytes": size})  # fmt: skip


SERVICE = [
    sampled("flate.New (/go/flate.go:10)", 40, 650_000, "main.a (/srv/main.go:20)"),
    sampled("json.grow (/go/json.go:30)", 12, 1024, "main.a (/srv/main.go:21)"),
    sampled("json.grow (/go/json.go:31)", 3, 64, "main.b (/srv/main.go:40)"),
    sampled("main.b (/srv/main.go:41)", 2, 16),
]


def seen(samples: list[Sample], sample_type: str = "alloc_space", **query: object) -> Look:
    """A look at a profile of these samples."""
    return look(profile(samples), Query(sample_type=sample_type, **query), source="x")


def hits(view: Look) -> dict[str, int]:
    """Sampled events by row."""
    errors = row_errors(view)
    assert not errors.absent
    names = (name.decode() for name in view.nodes.names)
    return {name: round(each) for name, each in zip(names, errors.hits, strict=True) if each}


@pytest.mark.parametrize(
    "sample_type", ["alloc_space", "alloc_objects", "inuse_space", "inuse_objects"]
)
def test_events_are_counted_back_for_every_type_of_a_heap(sample_type: str) -> None:
    """Objects stay sampled as long as they live, so what is in use has its events as well."""
    assert hits(seen(SERVICE, sample_type)) == {"flate.New": 40, "json.grow": 15, "main.b": 2}


@pytest.mark.parametrize(
    ("granularity", "expected"),
    [
        ("functions", [2, 15, 40]),
        ("filefunctions", [2, 15, 40]),
        ("files", [2, 15, 40]),
        ("lines", [2, 3, 12, 40]),
        ("addresses", [2, 3, 12, 40]),
    ],
)
def test_events_add_up_at_every_granularity(granularity: Granularity, expected: list[int]) -> None:
    """A row has the events of the samples whose leaf it is."""
    assert sorted(hits(seen(SERVICE, granularity=granularity)).values()) == expected


def test_filters_take_their_events_with_them() -> None:
    """Focus leaves samples out, hide gives them to their callers."""
    assert hits(seen(SERVICE, filters=Filters(focus="main.b"))) == {"json.grow": 3, "main.b": 2}
    assert hits(seen(SERVICE, filters=Filters(hide="json"))) == {
        "flate.New": 40, "main.a": 12, "main.b": 5,
    }  # fmt: skip


def test_the_variance_of_a_row_is_that_of_its_samples() -> None:
    """Of n events of size S seen with probability p: n (1-p) (S/p)^2, summed over sizes."""
    view = seen(SERVICE)
    row = view.nodes.names.index(b"json.grow")
    parts = [(12, 1024), (3, 64)]
    expected = sum(
        events * math.exp(-size / RATE) * (size / -math.expm1(-size / RATE)) ** 2
        for events, size in parts
    )
    errors = row_errors(view)
    assert errors.variance[row] == pytest.approx(expected, rel=1e-9)
    flat = float(view.weighed.flat[row])
    assert errors.interval(row, flat) == interval(flat, errors.variance[row])


@given(
    before=st.integers(0, 500), more=st.integers(1, 500), size=st.sampled_from([16, 9000, 4 << 20])
)
def test_a_window_of_one_process_has_the_events_between_its_ends(
    before: int, more: int, size: int
) -> None:
    """Events and bytes are differences of the two snapshots."""
    ends = [profile([sampled("f", events, size)]) for events in (before, before + more)]
    window = look(subtract(*ends), Query(sample_type="alloc_space"), source="x")
    assert hits(window) == {"f": more}


@pytest.mark.parametrize(
    ("heap", "sample_type", "why"),
    [
        (profile({("f",): (3, 30)}, sample_types=("samples/count", "cpu/nanoseconds"),
                 period_type="cpu/nanoseconds"), "cpu", "not those of a heap profile"),
        (profile([sampled("f", 3, 64)], period_type="/"), "alloc_space", "often it was sampled"),
        (profile([sampled("f", 3, 64)], period=0), "alloc_space", "how often it was sampled"),
        (profile({("f",): (3, 30)}, sizes=False), "alloc_space", "how big their objects are"),
        (profile({("f",): (-3, -30)}), "alloc_space", "something went down"),
    ],
)  # fmt: skip
def test_what_cannot_be_counted_back_has_no_error_bars_and_one_line_says_why(
    heap: Profile, sample_type: str, why: str
) -> None:
    """CPU profiles, other samplers, unlabelled samples, differences of two processes."""
    view = look(heap, Query(sample_type=sample_type), source="x")
    table = with_error_bars(top(view, UNTRIMMED), view, UNTRIMMED)
    (note,) = (note for note in table.notes if "error bars" in note)
    assert note.startswith("no error bars: ")
    assert why in note
    assert all(row.interval is None and row.hits is None for row in table.rows)


def test_a_hidden_label_is_named_as_the_reason() -> None:
    """-taghide=bytes takes away what events are counted back from."""
    view = seen(SERVICE, filters=Filters(taghide="bytes"))
    assert "-tagshow or -taghide" in row_errors(view).absent


def test_two_columns_of_older_writers_are_a_heap_too() -> None:
    """``objects`` and ``space``, as legacy text is read."""
    heap = profile([Sample(("f",), (1024, 65_536), {"bytes": 64})],
                   sample_types=("objects/count", "space/bytes"), period=65_536)  # fmt: skip
    assert hits(look(heap, Query(sample_type="inuse_space"), source="x")) == {"f": 1}


def table_of(samples: list[Sample], trim: Trim = UNTRIMMED, **query: object) -> Table:
    """The top table with error bars."""
    view = seen(samples, **query)
    return with_error_bars(top(view, trim), view, trim)


def test_rows_on_fewer_than_five_events_are_marked() -> None:
    """In the column of hits, and counted in a note."""
    table = table_of(SERVICE)
    assert [row.hits for row in table.rows] == [40, 15, 2, None, None]
    assert any(note.startswith("1 of these rows rest on fewer than 5") for note in table.notes)
    lines = top_lines(table, error_bars=True)
    marked = [line.split()[-1] for line in lines if line.endswith("?") and "Note" not in line]
    assert marked == ["2?"]


def test_few_events_of_objects_that_none_goes_unseen_of_are_no_guess() -> None:
    """Three buffers of 64 MiB are three buffers."""
    table = table_of([sampled("a", 3, 64 << 20), sampled("b", 40, 64)])
    assert table.rows[0].hits == 3
    assert not table.rows[0].is_guess
    assert not table.notes


def test_our_columns_stand_to_the_right_of_pprofs() -> None:
    """Without error bars a line is pprof's; with them it begins with the same text."""
    table = table_of(SERVICE)
    plain, barred = top_lines(table), top_lines(table, error_bars=True)
    assert len(plain) == len(barred)
    for one, other in zip(plain, barred, strict=True):
        assert other.startswith(one)
    assert "95% of flat" in "\n".join(barred)
    assert "95% of flat" not in "\n".join(plain)


def test_a_long_name_pushes_its_own_columns_only() -> None:
    """The others stay in line."""
    samples = [sampled("x" * 200, 9, 64), sampled("short", 8, 64)]
    lines = top_lines(table_of(samples), error_bars=True)
    long, short = (next(line for line in lines if name in line) for name in ("xxx", "short"))
    assert len(long) > 200 > len(short)


def test_what_was_not_sampled_is_exact() -> None:
    """A period of 1 records every allocation."""
    heap = profile([sampled("f", 7, 48, rate=1)], period=1)
    view = look(heap, Query(sample_type="alloc_space"), source="x")
    table = with_error_bars(top(view, UNTRIMMED), view, UNTRIMMED)
    assert table.rows[0].interval == Interval(336, 336, 336)
    assert "every allocation was recorded" in table.notes[0]
    assert "exact" in top_lines(table, error_bars=True)[-2]


def test_a_part_of_an_exact_total_errs_less_than_by_itself() -> None:
    """Of a pinned total only the share is uncertain; all of it is exact."""
    part, whole = Mass(8e6, 8e12, 8), Mass(1e7, 1e13, 10)
    own, pinned = part.interval(), part.interval(whole)
    assert own.low < pinned.low < pinned.value < pinned.high < 1e7 < own.high
    assert whole.interval(whole) == Interval(1e7, 1e7, 1e7)


class TestAdvice:
    """What it takes to tell the first rows apart."""

    def test_rows_far_apart_need_none(self) -> None:
        """Nothing is said where the order is settled."""
        assert advice([interval(1e8, 1e12), interval(1e6, 1e10)], RATE, live=False) == ()

    def test_rows_close_together_say_how_much_longer(self) -> None:
        """100 and 80 events differ by 20 ± 26: not quite enough."""
        rows = [interval(events * RATE, events * RATE**2) for events in (100, 80)]
        (text,) = advice(rows, RATE, live=False)
        assert text == (
            "rows 1 and 2 may change places by chance alone: run 2x longer, or sample every "
            "256 KiB (in Go runtime.MemProfileRate = 262144)"
        )

    def test_running_longer_does_not_help_the_live_heap(self) -> None:
        """It has only as many objects as it has."""
        rows = [interval(events * RATE, events * RATE**2) for events in (100, 80)]
        assert "longer" not in advice(rows, RATE, live=True)[0]

    def test_rows_that_weigh_the_same_are_not_worth_a_longer_run(self) -> None:
        """No run is long enough for equal weights."""
        rows = [interval(events * RATE, events * RATE**2) for events in (1000, 1000, 3)]
        assert advice(rows, RATE, live=False) == (
            "rows 1 and 2 weigh the same as far as can be told",
        )

    def test_exact_rows_need_none(self) -> None:
        """Not even equal ones."""
        assert advice([Interval(5, 5, 5), Interval(5, 5, 5)], 1, live=False) == ()

    @given(more=st.integers(1, 400), fewer=st.integers(1, 400))
    def test_the_run_that_is_advised_is_long_enough(self, more: int, fewer: int) -> None:
        """With so many times the events, the rows are told apart, or nearly so."""
        one, other = (interval(float(events), float(events)) for events in (more, fewer))
        times = times_longer(one, other)
        if 1 < times < 100:
            times = math.ceil(times) + 1
            longer = [interval(events * times, events * times) for events in (more, fewer)]
            assert times_longer(*longer) <= 1.05

    @given(period=st.integers(1, 1 << 30), times=st.floats(1, 100))
    def test_denser_sampling_is_a_power_of_two_and_dense_enough(
        self, period: int, times: float
    ) -> None:
        """Never more than one ``times``-th of what it was, and never 0."""
        distance = denser(period, times)
        assert distance & (distance - 1) == 0
        assert 1 <= distance <= max(1.0, period / times)


def test_the_order_of_cum_gets_no_advice() -> None:
    """Callers hold what their callees hold: they are not two estimates."""
    samples = [sampled("f", 100, 64), sampled("g", 95, 64)]
    by_flat, by_cum = (
        table_of(samples, Trim(nodefraction=0, sort=sort)) for sort in ("flat", "cum")
    )
    assert any("rows 1 and 2" in note for note in by_flat.notes)
    assert not any("rows 1 and 2" in note for note in by_cum.notes)


def test_guesses_have_no_order_to_settle() -> None:
    """Of rows on a few events each, the note about guesses says all there is to say."""
    table = table_of([sampled("a", 40, 64), sampled("b", 1, 64), sampled("c", 1, 32)])
    assert not any("rows 2 and 3" in note for note in table.notes)


@pytest.fixture
def heap(tmp_path: Path) -> str:
    """The service's profile as a file."""
    path = tmp_path / "heap.pb.gz"
    path.write_bytes(pprof.encode(profile(SERVICE)))
    return str(path)


def test_the_command_keeps_pprofs_columns_in_a_pipe_and_shows_bars_when_asked(heap: str) -> None:
    """Scripts read what they know; JSON always has the intervals."""
    plain = CliRunner().invoke(app, ["top", "-alloc_space", heap]).stdout
    barred = CliRunner().invoke(app, ["top", "-alloc_space", "-error_bars", heap]).stdout
    assert "95% of flat" not in plain
    assert "95% of flat" in barred
    document = json.loads(CliRunner().invoke(app, ["top", "--json", "-alloc_space", heap]).stdout)
    row = document["data"]["rows"][0]
    assert row["hits"] == 40
    assert (
        row["interval"]["low"] < row["flat"] == row["interval"]["value"] < row["interval"]["high"]
    )
