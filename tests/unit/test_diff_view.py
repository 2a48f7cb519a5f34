"""Two profiles compared: what changed, by how much, and whether chance could have done it."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.diff_view import diff_view, difference
from heapwise.analysis.sampling_error import interval
from heapwise.analysis.view import Query, look
from heapwise.cli.main import app
from heapwise.errors import ProfileError, UsageError
from heapwise.formats import pprof
from heapwise.model.envelope import schema
from heapwise.model.finding import Interval
from heapwise.model.tables import Diff, DiffRow
from heapwise.report.diff import diff_lines
from support.profiles import RATE, Sample, profile
from support.recordings import AFTER, make_recording


def sampled(stack: str, events: int, size: int = 64, rate: int = RATE) -> Sample:
    """So many sampled objects below ``caller > … > allocator``."""
    seen = -math.expm1(-size / rate)
    frames = tuple(reversed(stack.split(" > ")))
    return Sample(frames, (int(events / seen), int(events * size / seen)), {"bytes": size})


def compared(before: list[Sample], after: list[Sample], *, limit: int = 0) -> Diff:
    """The difference in allocated bytes."""
    query = Query(sample_type="alloc_space")
    looks = [look(profile(side), query, source=name)
             for side, name in ((before, "old"), (after, "new"))]  # fmt: skip
    return diff_view(*looks, limit=limit)


def changes(rows: tuple[DiffRow, ...]) -> dict[str, str]:
    """What became of each row."""
    return {row.name: row.change for row in rows}


BEFORE = [
    sampled("main > a.fixed", 60), sampled("main > a.same", 40), sampled("main > b.grown", 50),
    sampled("main > c.noise", 20), sampled("main > d.gone", 30),
]  # fmt: skip
AFTER_ALL = [
    sampled("main > a.fixed", 10), sampled("main > a.same", 40), sampled("main > b.grown", 150),
    sampled("main > c.noise", 25), sampled("main > e.new", 30), sampled("main > f.guess", 3),
]  # fmt: skip


def test_every_row_says_what_became_of_it() -> None:
    """Gone and new, more and less, and what chance alone may have done."""
    diff = compared(BEFORE, AFTER_ALL)
    assert changes(diff.functions) == {
        "a.fixed": "less", "b.grown": "more", "c.noise": "unclear", "d.gone": "gone",
        "e.new": "new", "f.guess": "unclear",
    }  # fmt: skip
    assert (diff.base, diff.new, diff.sample_type) == ("old", "new", "alloc_space")


def test_what_is_sure_comes_first_and_by_weight() -> None:
    """The reader sees the largest certain change at the top, in all three lists."""
    diff = compared(BEFORE, AFTER_ALL)
    for rows in (diff.functions, diff.lines, diff.paths):
        sure = [row.change != "unclear" for row in rows]
        assert sure == sorted(sure, reverse=True)
    assert diff.functions[0].name == "b.grown"
    assert diff.paths[0].frames == ("main", "b.grown")
    assert diff.paths[0].name == "main > b.grown"


def test_figures_are_before_after_and_their_difference() -> None:
    """Events come along, and the share of the base."""
    row = next(row for row in compared(BEFORE, AFTER_ALL).functions if row.name == "a.fixed")
    assert row.after.value - row.before.value == row.delta.value
    assert row.delta.low < row.delta.value < row.delta.high < 0
    assert row.relative == pytest.approx(-5 / 6, rel=1e-3)
    assert (row.hits_before, row.hits_after) == (60, 10)


def test_rows_that_hardly_changed_are_left_out_and_counted() -> None:
    """Below a thousandth of the total, and beyond the limit."""
    assert compared(BEFORE, AFTER_ALL).left_out == (1, 1, 1)
    diff = compared(BEFORE, AFTER_ALL, limit=2)
    assert len(diff.functions) == len(diff.paths) == 2
    assert diff.left_out == (5, 5, 5)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("main.f.func1", "main.f.func2"),
        ("main.Of[go.shape.int]", "main.Of[...]"),
        ("encoding/json.(*encodeState).marshal", "encoding/json/jsontext.(*Encoder).Flush"),
    ],
)
def test_a_function_with_a_new_name_is_neither_new_nor_gone(old: str, new: str) -> None:
    """By function, by line and by path; its old name is told."""
    diff = compared([sampled(f"main > {old}", 50), sampled("x", 9)],
                    [sampled(f"main > {new}", 5), sampled("x", 9)])  # fmt: skip
    for rows in (diff.functions, diff.lines, diff.paths):
        assert [row.change for row in rows] == ["less"]
    assert (diff.functions[0].name, diff.functions[0].was) == (new, (old,))


def test_a_line_that_moved_is_the_same_line() -> None:
    """Whoever adds a line above it has not removed an allocation and made another."""
    diff = compared([sampled("main.f (/srv/main.go:10)", 50)],
                    [sampled("main.f (/srv/main.go:12)", 10)])  # fmt: skip
    assert changes(diff.lines) == {"main.f /srv/main.go:12": "less"}
    assert diff.lines[0].was == ("main.f /srv/main.go:10",)


def test_recursion_of_a_rewritten_library_does_not_split_paths() -> None:
    """How many frames of encoding/json stand on each other depends on the release."""
    diff = compared(
        [sampled("main > encoding/json.Marshal > encoding/json.marshal > encoding/json.grow", 50)],
        [sampled("main > encoding/json.Marshal > encoding/json/v2.marshal", 5)],
    )
    assert [row.change for row in diff.paths] == ["less"]


def test_one_side_without_a_single_event_is_not_nothing_for_sure() -> None:
    """What was not seen may still have been there: 3.84 events at most."""
    (row,) = compared([sampled("x", 100), sampled("y", 50)], [sampled("x", 100)]).functions
    assert (row.change, row.after.low, row.after.value) == ("gone", 0, 0)
    assert row.after.high == pytest.approx(1.959964**2 * RATE, rel=1e-3)


def test_objects_that_are_always_seen_are_gone_when_they_are_not_seen() -> None:
    """Of 64 MiB objects none goes unseen, so that even two of them are no guess to be gone."""
    diff = compared([sampled("x", 3, 64 << 20)], [sampled("y", 9)])
    row = next(row for row in diff.functions if row.name == "x")
    assert row.after.high < 1
    assert row.change == "gone"


@given(
    one=st.floats(0, 1e12), other=st.floats(0, 1e12),
    first=st.floats(0, 2), second=st.floats(0, 2),
)  # fmt: skip
def test_the_interval_of_a_difference_holds_it_and_both_ends_turned_round(
    one: float, other: float, first: float, second: float
) -> None:
    """Low <= delta <= high, and the way back is the way there, negated."""
    before, after = interval(one, (one * first) ** 2), interval(other, (other * second) ** 2)
    there, back = difference(before, after), difference(after, before)
    assert there.low <= there.value <= there.high
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def test_exact_figures_have_exact_differences() -> None:
    """Nothing sampled, nothing uncertain."""
    assert difference(Interval(5, 5, 5), Interval(3, 3, 3)) == Interval(-2, -2, -2)


def test_profiles_without_events_are_taken_at_their_word() -> None:
    """A CPU profile has no error bars; one note says so."""
    types = ("samples/count", "cpu/nanoseconds")
    sides = [profile({("f",): (count, count * 10)}, sample_types=types,
                     period_type="cpu/nanoseconds") for count in (5, 9)]  # fmt: skip
    diff = diff_view(*(look(side, Query(), source="cpu") for side in sides), limit=0)
    (row,) = diff.functions
    assert (row.change, row.hits_before, row.delta) == ("more", None, Interval(40, 40, 40))
    assert "no error bars: the samples of cpu" in diff.notes[0]
    assert any("80.0 %" in line.text for line in diff_lines(diff))


def test_different_sampling_rates_are_told() -> None:
    """They are compared all the same: the estimates are of the same thing."""
    sides = [profile([sampled("f", 50, rate=rate)], period=rate) for rate in (RATE, 4096)]
    query = Query(sample_type="alloc_space")
    diff = diff_view(*(look(side, query, source="x") for side in sides), limit=0)
    assert diff.notes == ("the two were sampled at different rates: 524,288 and 4,096",)


def test_profiles_of_different_things_are_not_compared() -> None:
    """Bytes and nanoseconds have no difference."""
    cpu = profile({("f",): (5, 50)}, sample_types=("samples/count", "cpu/nanoseconds"))
    with pytest.raises(ProfileError, match="one shows inuse_space/bytes, the other cpu"):
        diff_view(
            look(profile(BEFORE), Query(), source="a"), look(cpu, Query(), source="b"), limit=0
        )


def run(*arguments: object) -> Result:
    """``heapwise diff``."""
    return CliRunner().invoke(app, ["diff", *map(str, arguments)])


@pytest.fixture
def recordings(tmp_path: Path) -> tuple[Path, Path]:
    """The sick service and the cured one; the latter's run had half the requests."""
    return (
        make_recording(tmp_path / "before.hw"),
        make_recording(tmp_path / "after.hw", requests=1000, **AFTER),
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two profiles as files."""
    result = tmp_path / "old.pb.gz", tmp_path / "new.pb.gz"
    for path, samples in zip(result, (BEFORE, AFTER_ALL), strict=True):
        path.write_bytes(pprof.encode(profile(samples)))
    return result


def test_exact_totals_that_print_alike_are_the_same(tmp_path: Path) -> None:
    """Counters differ by hundredths of a per cent between runs of one binary."""
    paths = [make_recording(tmp_path / f"{size}.hw", bytes_per_request=size)
             for size in (1_185_000, 1_185_700)]  # fmt: skip
    total = json.loads(run("--json", *paths).stdout)["data"]["total"]
    assert total["change"] == "same"


def test_two_recordings_are_compared_per_request(recordings: tuple[Path, Path]) -> None:
    """1,185,000 B a request against 5,000, however many requests there were."""
    data = json.loads(run("--json", *recordings).stdout)["data"]
    assert data["per"] == "req"
    total = data["total"]
    assert (total["before"]["value"], total["after"]["value"]) == pytest.approx((1_185_000, 5_000))
    assert total["delta"]["low"] == total["delta"]["high"]
    assert data["functions"][0]["name"] == "compress/flate.NewWriter"
    assert data["functions"][0]["change"] == "gone"


def test_objects_per_request_add_up_with_the_tiny_ones(recordings: tuple[Path, Path]) -> None:
    """120 and 80; the tiny ones err by as much as those that were sampled."""
    data = json.loads(run("--json", "-alloc_objects", *recordings).stdout)["data"]
    total = data["total"]
    assert (total["before"]["value"], total["after"]["value"]) == pytest.approx((120, 80), rel=1e-3)
    assert total["delta"]["high"] == pytest.approx(total["delta"]["low"], rel=1e-2)
    tiny = next(row for row in data["functions"] if row["name"] == "combined tiny allocations")
    assert tiny["before"]["low"] < tiny["before"]["value"] < tiny["before"]["high"]


def test_recordings_can_be_compared_as_they_are(recordings: tuple[Path, Path]) -> None:
    """-absolute, and whatever a request does not cause."""
    for flags in (["-absolute"], ["-inuse_space"]):
        data = json.loads(run("--json", *flags, *recordings).stdout)["data"]
        assert data["per"] == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-per-request", "{0}", "{1}"], "-per-request needs a recording"),
        (["-per-request", "-absolute", "{0}", "{1}"], "exclude each other"),
        (["-alloc_space", "-inuse_space", "{0}", "{1}"], "more than one sample type"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    arguments: list[str], said: str, files: tuple[Path, Path]
) -> None:
    """The error names both sides."""
    error = run(*(word.format(*files) for word in arguments)).exception
    assert isinstance(error, UsageError)
    assert said in str(error)


def test_json_follows_its_schema(files: tuple[Path, Path]) -> None:
    """Kind ``diff``, with the filters in force."""
    result = run("--json", "-alloc_space", "-focus=main", *files)
    document = json.loads(result.stdout)
    jsonschema.validate(document, schema("diff"))
    assert document["kind"] == "diff"
    assert document["data"]["filters"] == ["focus=main"]


def test_the_text_has_all_three_lists_and_marks_what_is_unclear(files: tuple[Path, Path]) -> None:
    """Totals first; a path is printed from its leaf on."""
    text = run("-alloc_space", *files).stdout
    titles = ["Total", "By function", "By line", "By call path"]
    assert [line for line in text.splitlines() if line in titles] == titles
    unclear = next(line for line in text.splitlines() if line.endswith("c.noise"))
    assert " ~ " in unclear
    assert "3?" in next(line for line in text.splitlines() if line.endswith("f.guess"))
    assert "  < main" in text


def test_a_very_long_path_is_shown_by_its_ends() -> None:
    """Twelve frames; JSON has all of them."""
    deep = " > ".join(f"f{number}" for number in range(40))
    diff = compared([sampled(deep, 9), sampled("x", 9)], [sampled("x", 9)])
    lines = [line.text.split("  ")[-1] for line in diff_lines(diff)]
    assert "… 28 frames" in lines
    assert "f39" in lines
    assert "< f0" in lines
    assert "< f20" not in lines
    assert len(diff.paths[0].frames) == 40


def test_names_cannot_drive_the_terminal(tmp_path: Path) -> None:
    """What is not printable is spelled out, in names and in paths."""
    paths = tmp_path / "a.pb.gz", tmp_path / "b.pb.gz"
    for path, events in zip(paths, (9, 90), strict=True):
        samples = [sampled("main > evil\x1b]0;owned\x07\n\u202e", events)]
        path.write_bytes(pprof.encode(profile(samples)))
    text = run("-alloc_space", *paths).stdout
    assert r"evil\x1b]0;owned\x07\n\u202e" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_are_for_terminals_only_and_can_be_turned_off(
    no_color: str, coloured: bool, files: tuple[Path, Path]
) -> None:
    """Red for more and blue for less, on a terminal, and not with NO_COLOR."""
    command = [sys.executable, "-m", "heapwise", "diff", "-alloc_space", "-nodecount=2"]
    command += map(str, files)
    environment = {**os.environ, "NO_COLOR": no_color}
    piped = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60)
    assert b"\x1b" not in piped.stdout
    ours, theirs = os.openpty()
    try:
        subprocess.run(command, env=environment, stdout=theirs, check=True, timeout=60)
        os.close(theirs)
        shown = _read_all(ours)
    finally:
        os.close(ours)
    assert (b"\x1b[31m" in shown) is (b"\x1b[34m" in shown) is coloured


def _read_all(terminal: int) -> bytes:
    """Everything a closed terminal still holds."""
    parts = []
    try:
        while part := os.read(terminal, 1 << 16):
            parts.append(part)
    except OSError:  # EIO: nobody writes any more
        pass
    return b"".join(parts)
