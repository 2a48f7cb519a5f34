"""Views of a recording per request: exact totals, shares of the profile, nothing stretched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.filters import Filters
from heapwise.analysis.per_request_view import TINY, PerRequestLook, per_request, with_objects
from heapwise.analysis.row_errors import with_error_bars
from heapwise.analysis.top import top
from heapwise.analysis.trim import UNTRIMMED
from heapwise.analysis.view import Query
from heapwise.cli.main import app
from heapwise.errors import HeapwiseError, ProfileError, RecordingError, UsageError
from heapwise.model.tables import Table
from heapwise.model.work import PerWork, Work
from heapwise.record.per_request import exact_costs
from heapwise.record.store import load
from support.profiles import Sample, profile
from support.recordings import make_recording

COSTS = PerWork(
    work=Work("req", 1000), bytes=20_000.0, allocs=50.0, measuring_bytes=0.0, measuring_allocs=0.0
)


def sample(name: str, objects: int, size: int, *callers: str) -> Sample:
    """So many objects of one size, as scaled by the runtime."""
    return Sample((name, *callers, "main.main"), (objects, objects * size), {"bytes": size})


SAMPLES = [
    sample("big", 1000, 12_000), sample("small", 30_000, 100),
    sample("compress/gzip.Write", 50, 64_000, "runtime/pprof.writeHeap", "net/http/pprof.Index"),
]  # fmt: skip


def shown(
    samples: list[Sample], costs: PerWork = COSTS, *, packs_tiny: bool = True, **query: object
) -> PerRequestLook:
    """Samples of a recording per request."""
    query = {"sample_type": "alloc_space"} | query
    return per_request(
        profile(samples), costs, Query(**query), source="x.hw", packs_tiny=packs_tiny
    )


def table_of(seen: PerRequestLook) -> Table:
    """Its top table, as the command makes it."""
    table = with_error_bars(top(seen, UNTRIMMED), seen, UNTRIMMED, seen.pinned)
    return with_objects(table, seen, UNTRIMMED)


def printed(table: Table) -> dict[str, float]:
    """Flat values as they are printed, by name."""
    return {row.name: row.flat * table.ratio for row in table.rows if row.flat}


def test_bytes_add_up_to_the_exact_total_and_keep_the_profiles_shares() -> None:
    """15 MB were sampled and 20 counted: a sampled byte stands for 4/3."""
    table = table_of(shown(SAMPLES))
    assert printed(table) == pytest.approx({"big": 16_000, "small": 4_000})
    assert int(table.total * table.ratio) == 20_000
    assert (table.per, table.source) == ("req", "x.hw, per req")


def test_objects_are_not_stretched_but_completed() -> None:
    """31 per request were sampled and 50 counted: the rest are tiny ones in a row of their own."""
    table = table_of(shown(SAMPLES, sample_type="alloc_objects"))
    assert printed(table) == pytest.approx({"big": 1, "small": 30, TINY: 19})
    assert table.total * table.ratio == pytest.approx(50)
    tiny = next(row for row in table.rows if row.name == TINY)
    assert tiny.hits is None
    assert tiny.interval is not None
    assert tiny.interval.low < tiny.flat < tiny.interval.high


def test_a_runtime_that_samples_tiny_objects_has_no_row_for_them() -> None:
    """Nothing is combined there, so that nothing is missing for that reason."""
    table = table_of(shown(SAMPLES, sample_type="alloc_objects", packs_tiny=False))
    assert TINY not in printed(table)


def test_every_row_has_objects_per_request_and_their_size() -> None:
    """Bytes per object need no scaling: both sides err alike."""
    rows = {row.name: row for row in table_of(shown(SAMPLES)).rows}
    assert rows["big"].objects == pytest.approx(1)
    assert rows["small"].object_size == pytest.approx(100)
    assert rows["main.main"].objects is None


def test_what_reading_profiles_cost_is_left_out_and_said() -> None:
    """The debug endpoint's own allocations are no request's."""
    seen = shown(SAMPLES)
    assert "compress/gzip.Write" not in printed(table_of(seen))
    assert any("reading profiles and counters cost 17.6 %" in remark for remark in seen.remarks)


def test_intervals_are_those_of_shares_of_an_exact_total() -> None:
    """The total does not err, so the two rows' errors are the same in bytes."""
    table = table_of(shown(SAMPLES))
    big, small = (row.interval for row in table.rows[:2])
    assert big is not None
    assert small is not None
    assert big.high + small.low == pytest.approx(table.total)
    assert big.low + small.high == pytest.approx(table.total)


def test_filters_leave_figures_as_they_are() -> None:
    """What one function costs does not depend on what else is shown."""
    table = table_of(shown(SAMPLES, filters=Filters(focus="small")))
    assert printed(table) == pytest.approx({"small": 4_000})
    whole = table_of(shown(SAMPLES))
    assert table.rows[0].interval == next(r for r in whole.rows if r.name == "small").interval


@given(
    rows=st.lists(
        st.tuples(st.integers(1, 1 << 20), st.sampled_from([16, 512, 9472, 1 << 20])),
        min_size=1, max_size=8,
    ),
    count=st.integers(1, 1 << 20), total=st.integers(1, 10**9),
)  # fmt: skip
def test_the_printed_total_is_the_counted_one_to_the_byte(
    rows: list[tuple[int, int]], count: int, total: int
) -> None:
    """Whatever was sampled: the sum of all rows is what the counter says."""
    costs = PerWork(Work("req", count), total, 1e12 / count, 0.0, 0.0)
    samples = [sample(f"f{number}", *row) for number, row in enumerate(rows)]
    table = top(shown(samples, costs), UNTRIMMED)
    assert sum(printed(table).values()) == pytest.approx(total, rel=1e-9)
    assert int(table.total * table.ratio) == total


def test_nothing_sampled_is_told_as_such() -> None:
    """There are no shares of nothing."""
    with pytest.raises(ProfileError, match="nothing can be shown per req"):
        shown([SAMPLES[2]])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"sample_type": "inuse_space"}, "inuse_space is nothing that a request causes"),
        ({"divide_by": 3.0}, "-per-request and -divide_by exclude each other"),
    ],
)
def test_what_makes_no_sense_per_request_is_refused(query: dict[str, object], said: str) -> None:
    """What lives at the end was not caused by one request."""
    with pytest.raises(UsageError, match=said):
        shown(SAMPLES, **query)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A run of 2,000 requests at 1,185,000 bytes and 120 objects each."""
    return make_recording(tmp_path / "before.hw")


def run(*arguments: object) -> Result:
    """A command on files."""
    return CliRunner().invoke(app, list(map(str, arguments)))


@pytest.mark.parametrize("view", ["top", "tree", "traces", "tags"])
def test_every_view_of_a_recording_can_be_per_request(view: str, recording: Path) -> None:
    """The compressor's 98.5 % of 1,185,000 B are in each, and the source says what it is."""
    flags = ["-unit=B", *(["-nodefraction=0"] if view in {"top", "tree"} else [])]
    result = run(view, "-per-request", *flags, recording)
    assert result.exit_code == 0
    assert "1167225B" in result.stdout
    if view != "tags":
        assert "Source: before.hw, under load, per req" in result.stdout


def test_the_table_as_json_says_what_it_is_per(recording: Path) -> None:
    """Values times the ratio are those of one request."""
    data = json.loads(run("top", "-per-request", "--json", recording).stdout)["data"]
    assert data["per"] == "req"
    assert int(data["total"] * data["ratio"]) == 1_185_000
    assert data["rows"][0]["objects"] == pytest.approx(1.434)


def test_objects_per_request_have_decimals(recording: Path) -> None:
    """A third of an allocation per request is something."""
    assert "1.43" in run("top", "-per-request", "-alloc_objects", recording).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{file}"], "-per-request needs a recording"),
        (["{hw}", "{hw}"], "-per-request shows one recording"),
        (["-base={hw}", "{hw}"], "-per-request shows one recording"),
    ],
)
def test_what_is_no_single_recording_is_refused(
    arguments: list[str], said: str, recording: Path
) -> None:
    """A file does not know how many requests it holds; two recordings are compared by diff."""
    file = next(recording.glob("profiles/*.pb.gz"))
    words = [word.format(hw=recording, file=file) for word in arguments]
    error = run("top", "-per-request", *words).exception
    assert isinstance(error, UsageError)
    assert said in str(error)


def test_a_run_that_was_cut_short_says_what_is_missing(tmp_path: Path) -> None:
    """Without a profile from its end there is nothing to share the total out by."""
    path = make_recording(tmp_path / "cut.hw", finish=False)
    assert isinstance(run("top", "-per-request", path).exception, HeapwiseError)


def test_a_run_without_requests_has_no_costs(tmp_path: Path) -> None:
    """Every request failed: nothing to divide by."""
    path = make_recording(tmp_path / "dead.hw", failing=2000)
    with pytest.raises(RecordingError, match=r"what a req costs in dead\.hw is not known"):
        exact_costs(load(path))
