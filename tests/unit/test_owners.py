"""Allocation by owner: shares from the sample, totals from the counters, measuring left out."""

from __future__ import annotations

import pytest

from heapwise.analysis.allocation import allocation
from heapwise.analysis.owners import owner_table
from heapwise.errors import ProfileError
from heapwise.model.finding import Interval
from heapwise.model.work import PerWork, Work
from support.profiles import Sample, profile
from support.stacks import SERVE, WRITER, chi, compressing, floor

SERVED = tuple(frame.format(root="/usr/local/go/src/") for frame in SERVE)
HANDLER = "main.evaluate (/srv/evaluate/main.go:88)"
APPEND = "strings.(*Builder).WriteString (/usr/local/go/src/strings/builder.go:107)"


def costs(size: float, count: float = 50.0, requests: int = 1_000) -> PerWork:
    """Exact costs per request."""
    return PerWork(Work("req", requests), size, count, 0.0, 0.0)


def debug_request(size: int) -> Sample:
    """What answering a request for a profile allocates."""
    stack = (
        "runtime/pprof.writeHeapProto (/usr/local/go/src/runtime/pprof/protomem.go:17)",
        "net/http/pprof.handler.ServeHTTP (/usr/local/go/src/net/http/pprof/pprof.go:264)",
        *SERVED,
    )
    return Sample(stack, (size // 65_536, size, 1, 65_536), {"bytes": 65_536})


def test_the_owner_is_the_first_frame_outside_the_library() -> None:
    """Not the leaf in strings, not the server below: the handler, with the path between."""
    heap = profile([Sample((APPEND, HANDLER, *SERVED), (1_000, 512_000), {"bytes": 512})])
    (row,) = owner_table(heap, None, costs(512), "go").rows
    assert (row.owner, row.place, row.module) == ("main.evaluate", "/srv/evaluate/main.go:88", "")
    assert row.path == ("main.evaluate", "strings.(*Builder).WriteString")
    assert row.bytes_share == 1.0


def test_owners_in_dependencies_carry_their_version() -> None:
    """The writer of chi owns what flate allocates, and the row says of which release it is."""
    heap = profile([*compressing(*chi("v3.3.4+incompatible"), writers=100), *floor(100)])
    first = owner_table(heap, None, costs(WRITER), "go").rows[0]
    assert first.owner == "github.com/go-chi/chi/middleware.(*maybeCompressResponseWriter).Write"
    assert first.module == "github.com/go-chi/chi@v3.3.4+incompatible"
    assert first.place.startswith("github.com/go-chi/chi@v3.3.4+incompatible/middleware/")


def test_inlined_frames_stand_in_the_path() -> None:
    """The four top entries of flate are inlined in Go 1.27: each is a step of its own."""
    heap = profile(list(compressing(*chi("v3.3.4+incompatible"), writers=100)))
    rows = owner_table(heap, None, None, "go").rows
    assert rows[0].path[-4:] == (
        "compress/gzip.(*Writer).Write", "compress/flate.NewWriter",
        "compress/flate.(*compressor).init", "compress/flate.newFastEnc",
    )  # fmt: skip


def test_shares_are_scaled_to_the_exact_total() -> None:
    """The profile is off by some per cent; bytes per request add up to what the counters say."""
    heap = profile([*compressing(*chi("v3.3.4+incompatible"), writers=100), *floor(100)])
    table = owner_table(heap, None, costs(1_088_229), "go")
    figures = [row.bytes_per_work for row in table.rows if row.bytes_per_work]
    assert sum(figure.value for figure in figures) == pytest.approx(1_088_229)
    for figure in figures:
        assert figure.low <= figure.value <= figure.high <= 1_088_229


def test_without_counters_there_are_shares_and_no_costs() -> None:
    """Nothing is made up from the sampled total."""
    row = owner_table(profile(list(floor(1_000))), None, None, "go").rows[0]
    assert row.bytes_per_work is None
    assert row.allocs_per_work is None
    assert row.bytes_share == pytest.approx(0.5)


def test_what_measuring_cost_is_left_out_before_shares_are_taken() -> None:
    """The profile's own writer is in every window; a note says how much of it that was."""
    heap = profile([*floor(1_000, size=1_024), debug_request(2_048_000)])
    table = owner_table(heap, None, costs(2_048), "go")
    assert sum(row.bytes_share for row in table.rows) == pytest.approx(1)
    assert not any("pprof" in row.owner for row in table.rows)
    assert table.notes[0].startswith("50.0 % of the profile")


def test_a_service_that_profiles_itself_is_not_measuring() -> None:
    """A continuous profiler in a goroutine of the service is part of what the service costs."""
    own = Sample(
        ("runtime/pprof.writeHeapProto (runtime/pprof/protomem.go:17)", "main.ship (/srv/x.go:4)"),
        (10, 655_360), {"bytes": 65_536},
    )  # fmt: skip
    spent = allocation(profile([own]))
    assert (spent.total.size, spent.measuring.size) == (655_360, 0)


def test_the_librarys_own_work_belongs_to_the_root_of_its_goroutine() -> None:
    """Parsing headers is nobody's fault: the floor of net/http has a row and a note."""
    table = owner_table(profile(list(floor(1_000))), None, costs(4_096), "go")
    assert "net/http.(*conn).serve" in [row.owner for row in table.rows]
    assert any("standard library" in note for note in table.notes)


def test_combined_tiny_allocations_are_a_note_and_no_stretched_row() -> None:
    """Mallocs counts objects that the profile never sees: the gap is told, not spread."""
    heap = profile([Sample((HANDLER, *SERVED), (40_000_000, 2_560_000_000), {"bytes": 64})])
    table = owner_table(heap, None, costs(2_560, count=50.0, requests=1_000_000), "go")
    allocs = table.rows[0].allocs_per_work
    assert allocs is not None
    assert allocs.value == pytest.approx(40)
    assert any("combined tiny allocations: 10 of 50 allocs/req" in note for note in table.notes)


def test_what_is_live_shows_that_the_rest_dies_young() -> None:
    """100 MB were allocated and 1 MB is reachable: 99 % died young."""
    stack = (APPEND, HANDLER, *SERVED)
    window = profile([Sample(stack, (100_000, 100_000_000), {"bytes": 1_000})])
    live = profile([Sample(stack, (100_000, 100_000_000, 1_000, 1_000_000), {"bytes": 1_000})])
    table = owner_table(window, live, costs(100_000), "go")
    assert table.dies_young == pytest.approx(0.99)
    assert table.rows[0].live_bytes == 1_000_000
    assert owner_table(window, None, None, "go").dies_young is None


def test_rows_beyond_the_limit_are_summed_up() -> None:
    """What is not shown is still accounted for."""
    heap = profile([
        Sample((f"main.f{index} (/srv/x.go:1)",), (index, index * 1_000_000), {"bytes": 1_000_000})
        for index in range(1, 11)
    ])  # fmt: skip
    table = owner_table(heap, None, None, "go", limit=2)
    assert [row.owner for row in table.rows] == ["main.f10", "main.f9"]
    assert table.rest_bytes_share == pytest.approx(36 / 55)


def test_rows_on_few_events_are_called_guesses() -> None:
    """A row built on one sampled event says so."""
    heap = profile([Sample((HANDLER, *SERVED), (32_768, 524_296), {"bytes": 16})])
    table = owner_table(heap, None, costs(524), "go")
    assert table.rows[0].hits == 1
    assert any("guesses" in note for note in table.notes)


def test_an_empty_window_gives_an_empty_table() -> None:
    """Nothing allocated is no error."""
    table = owner_table(profile([]), profile([]), costs(0), "go")
    assert (table.rows, table.rest_bytes_share, table.dies_young) == ((), 0, None)


def test_a_profile_of_another_kind_is_refused() -> None:
    """A CPU profile has no owners of allocations."""
    cpu = profile({("main.a",): (1, 2)}, sample_types=("samples/count", "cpu/nanoseconds"))
    with pytest.raises(ProfileError, match="not a heap profile"):
        owner_table(cpu, None, None, "go")


def test_a_gap_within_the_samples_error_is_not_called_tiny() -> None:
    """Where a few events stand for all objects, nobody can tell what is missing."""
    heap = profile([Sample((HANDLER, *SERVED), (32_768 * 4, 524_296 * 4), {"bytes": 16})])
    table = owner_table(heap, None, costs(2_097, count=150.0), "go")
    assert not any("tiny" in note for note in table.notes)


def test_an_owner_of_everything_is_not_certain_to_be_the_only_one() -> None:
    """Three sampled events of one owner: others may have had none by chance."""
    heap = profile([Sample((HANDLER, *SERVED), (3, 3 * 524_288), {"bytes": 512})])
    (row,) = owner_table(heap, None, costs(1_000), "go").rows
    assert row.bytes_share == 1.0
    assert row.bytes_per_work is not None
    assert row.bytes_per_work.low == pytest.approx(1_000 * 3 / (3 + 3.84), rel=0.01)
    exact = profile([Sample((HANDLER, *SERVED), (3, 1_536), {"bytes": 512})], period=1)
    (row,) = owner_table(exact, None, costs(1_000), "go").rows
    assert row.bytes_per_work == Interval(1_000, 1_000, 1_000)


def test_nothing_sampled_is_said_and_not_taken_for_nothing_allocated() -> None:
    """With MemProfileRate=0, or in a moment, the profile is empty: that blames nobody."""
    table = owner_table(profile([]), profile([]), costs(1_000), "go")
    assert table.rows == ()
    (note,) = table.notes
    assert "who allocated is unknown" in note
    assert "MemProfileRate" in note


def test_what_became_less_is_no_credit_to_others() -> None:
    """Shares stay shares where a hostile or mixed profile has negative counts."""
    heap = profile([
        Sample((HANDLER, *SERVED), (10, 5_120), {"bytes": 512}),
        Sample(("main.odd (/a.go:1)",), (1, -4_096), {"bytes": 512}),
    ])  # fmt: skip
    rows = owner_table(heap, None, costs(1_000), "go").rows
    assert [(row.owner, row.bytes_share) for row in rows] == [
        ("main.evaluate", 1.0), ("main.odd", 0.0),
    ]  # fmt: skip
