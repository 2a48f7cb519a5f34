"""The table of functions, its text and its command."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from heapwise.analysis.shown_name import shown_name
from heapwise.analysis.top import top_table
from heapwise.analysis.view import choose_sample_type
from heapwise.cli.top import command
from heapwise.errors import HeapwiseError, UsageError
from heapwise.report.top import top_lines
from support.profiles import Sample, profile, profile_bytes

BUILT = profile({
    ("flate.NewWriter", "gzip.Write", "main.main"): (20, 16_000_000, 0, 0),
    ("json.grow", "main.main"): (500, 80_000, 5, 800),
    ("tiny", "main.main"): (1, 16, 1, 16),
})  # fmt: skip


def test_rows_below_the_fraction_are_left_out_and_counted() -> None:
    """The cutoff is a share of all flat weight, and says how many rows fell to it."""
    table = top_table(BUILT, "alloc_space", source="x", nodefraction=0.005)
    assert [row.name for row in table.rows] == ["flate.NewWriter", "gzip.Write", "main.main"]
    assert table.dropped == 2
    assert table.total == 16_080_016


def test_rows_without_weight_are_no_rows() -> None:
    """Functions that the sample type knows nothing of vanish even without a cutoff."""
    table = top_table(BUILT, "inuse_space", source="x", nodefraction=0)
    assert [row.name for row in table.rows] == ["json.grow", "tiny", "main.main"]
    assert table.dropped == 0


def test_the_heaviest_rows_are_kept() -> None:
    """`nodecount` cuts after sorting."""
    table = top_table(BUILT, "alloc_objects", source="x", nodecount=1, nodefraction=0)
    assert [(row.name, row.flat) for row in table.rows] == [("json.grow", 500)]
    assert table.dropped == 4


def test_sorting_by_cum_puts_callers_first() -> None:
    """The root leads."""
    table = top_table(BUILT, "alloc_space", source="x", sort="cum")
    assert table.rows[0].name == "main.main"
    assert table.sorted_by == "cum"


def test_a_difference_is_marked_as_one() -> None:
    """Negative samples change what percentages mean, and the table says so."""
    table = top_table(profile({("f",): (1, -8)}), "alloc_space", source="x")
    assert "1 samples are negative" in table.notes[0]


def test_a_sum_that_no_program_can_reach_is_marked() -> None:
    """Pprof wraps around silently."""
    built = profile([Sample(("f",), (0, (1 << 63) - 1)), Sample(("g",), (0, 5))])
    assert "2^63" in top_table(built, "alloc_space", source="x").notes[0]


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [(None, "inuse_space"), ("alloc_space", "alloc_space"), ("0", "alloc_objects")],
)
def test_a_sample_type_is_chosen_by_name_by_number_or_by_default(
    wanted: str | None, chosen: str
) -> None:
    """As with pprof's -sample_index."""
    assert choose_sample_type(BUILT, wanted).type == chosen


def test_inuse_finds_the_types_of_older_profiles() -> None:
    """Profiles from legacy converters call them objects and space."""
    old = profile({("f",): (1, 8)}, sample_types=("objects/count", "space/bytes"))
    assert choose_sample_type(old, "inuse_space").type == "space"


@pytest.mark.parametrize("wanted", ["cpu", "4", "-1", "9" * 5000, "²"])
def test_an_unknown_sample_type_is_refused_with_those_there_are(wanted: str) -> None:
    """The error names the choice."""
    with pytest.raises(UsageError, match="it has alloc_objects, alloc_space, inuse_objects, inuse"):
        choose_sample_type(BUILT, wanted)


def test_the_text_names_type_source_and_total() -> None:
    """A reader can tell what was counted without knowing the command line."""
    lines = top_lines(top_table(BUILT, "alloc_space", source="x.pb.gz"))
    assert lines == [
        "Source: x.pb.gz",
        "File: service",
        "Type: alloc_space",
        "Showing nodes accounting for 15.26MB, 99.50% of 15.34MB total",
        "Dropped 2 nodes (cum <= 0.08MB)",
        "      flat  flat%   sum%        cum   cum%",
        "   15.26MB 99.50% 99.50%    15.26MB 99.50%  flate.NewWriter",
        "         0     0% 99.50%    15.26MB 99.50%  gzip.Write",
        "         0     0% 99.50%    15.34MB   100%  main.main",
    ]


@pytest.mark.parametrize(
    ("name", "system_name", "shown"),
    [
        ("main.f", "main.f", "main.f"),
        ("", "main.f", "main.f"),
        ("f(int)", "_Z1fi", "f(int)"),
        ("ns::f(int)", "ns::f(int)", "ns::f"),
        ("a<b<c>>::d(e(f))g", "a<b<c>>::d(e(f))g", "a::dg"),
        ("x.Of[go.shape.func(int)]", "x.Of[go.shape.func(int)]", "x.Of[go.shape.func]"),
        ("x.(*T[...]).M", "x.(*T[...]).M", "x.(*T[...]).M"),
        ("java.<init>(x)", "java.<init>(x)", "java.<init>(x)"),
        ("a::b)c(d)", "a::b)c(d)", "a::b)c(d)"),
        ("a::b(c)d)e(f)", "a::b(c)d)e(f)", "a::bd)e(f)"),
        ("a::b((c)", "a::b((c)", "a::b((c)"),
    ],
)
def test_names_are_shown_as_pprof_shows_them(name: str, system_name: str, shown: str) -> None:
    """What looks like C++ loses its arguments."""
    assert shown_name(name.encode(), system_name.encode()) == shown.encode()


@pytest.fixture
def heap(tmp_path: Path) -> str:
    """A file with a name that tries to drive the terminal."""
    path = tmp_path / "heap.pb.gz"
    path.write_bytes(profile_bytes({("evil\x1b]0;owned\x07\n\u202e", "main"): (1, 8, 1, 8)}))
    return str(path)


def test_names_cannot_drive_the_terminal(heap: str) -> None:
    """Control and direction characters are spelled out."""
    output = CliRunner().invoke(command, [heap]).output
    assert r"evil\x1b]0;owned\x07\n\u202e" in output
    assert len(output.splitlines()) == 7


@pytest.mark.parametrize(
    "arguments",
    [["-cum", "-flat"], ["-alloc_space", "-inuse_space"], ["-alloc_space", "-sample_index=1"],
     ["-sample_index=cpu"]],
)  # fmt: skip
def test_contradicting_flags_are_a_usage_error(heap: str, arguments: list[str]) -> None:
    """Two orders, two sample types, a type that is not there."""
    assert isinstance(CliRunner().invoke(command, [heap, *arguments]).exception, UsageError)


def test_a_profile_over_the_size_asked_for_is_refused(heap: str) -> None:
    """The error names the flag that raises the limit."""
    error = CliRunner().invoke(command, [heap, "-max-profile-size=10"]).exception
    assert isinstance(error, HeapwiseError)
    assert "--max-profile-size" in error.hint
