"""The commands that show profiles: what they share, and what they say when something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from heapwise.cli.main import app
from heapwise.errors import ProfileError, UsageError
from heapwise.formats import pprof
from heapwise.model.envelope import schema
from support.profiles import Sample, profile_bytes
from support.recordings import make_recording

EVIL = "evil\x1b]0;owned\x07\n\u202e<script>"
VIEWS = ("top", "tree", "peek", "traces", "tags", "raw", "comments")


@pytest.fixture
def heap(tmp_path: Path) -> str:
    """A small profile with a label."""
    path = tmp_path / "heap.pb.gz"
    samples = [
        Sample(("leaf", "mid", "main"), (1, 80, 1, 80), {"tenant": "t1"}),
        Sample(("other", "main"), (1, 20, 1, 20), {"tenant": "t2"}),
    ]
    path.write_bytes(profile_bytes(samples, sizes=False, comments=["#machine", "hello"]))
    return str(path)


def run(view: str, *arguments: str) -> Result:
    """A view; peek looks for everything."""
    return CliRunner().invoke(app, [view, *([".*"] if view == "peek" else []), *arguments])


@pytest.mark.parametrize("view", VIEWS)
def test_names_cannot_drive_the_terminal_in_any_view(view: str, tmp_path: Path) -> None:
    """Functions, files, labels and comments have their control characters spelled out."""
    path = tmp_path / "evil.pb.gz"
    sample = Sample((f"{EVIL} ({EVIL}:1)", "main"), (1, 8, 1, 8), {EVIL: EVIL})
    path.write_bytes(profile_bytes([sample], comments=[EVIL]))
    result = run(view, str(path))
    assert result.exit_code == 0
    assert r"evil\x1b]0;owned\x07\n\u202e<script>" in result.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(result.stdout)


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("-focus=nowhere", "-focus=nowhere matched nothing; the heaviest functions are main, leaf"),
        ("-tagfocus=tenant=t9", "matched nothing; there are labels such as tenant=t1"),
        ("-taghide=pod", "-taghide=pod matched nothing; there are labels such as tenant=t1"),
    ],
)  # fmt: skip
def test_a_filter_that_matches_nothing_says_so_and_what_there_is(
    heap: str, flag: str, said: str
) -> None:
    """On stderr; the view itself is what is left, as in pprof."""
    result = run("top", flag, heap)
    assert result.exit_code == 0
    assert said in result.stderr
    assert "matched nothing" not in result.stdout


def test_a_filter_that_matches_is_quiet(heap: str) -> None:
    """Nothing on stderr."""
    assert run("top", "-focus=main", "-tagignore=t2", heap).stderr == ""


def test_peeking_at_nothing_is_an_error_that_names_the_heaviest_functions(heap: str) -> None:
    """As in pprof there is nothing to print."""
    error = CliRunner().invoke(app, ["peek", "nowhere", heap]).exception
    assert isinstance(error, ProfileError)
    assert error.hint.startswith("the heaviest functions are main, leaf")


@pytest.mark.parametrize(
    ("view", "arguments", "said"),
    [
        ("top", ["-lines", "-files"], "more than one granularity: files and lines"),
        ("tree", ["-cum", "-flat"], "more than one order: flat and cum"),
        ("tags", ["-alloc_space", "-sample_index=0"], "more than one sample type"),
        ("top", ["-base=a", "-diff_base=b"], "-base and -diff_base exclude each other"),
        ("top", ["-normalize"], "-normalize needs a base"),
        ("traces", ["-focus=("], "-focus: cannot read the pattern '('"),
        ("top", ["-sample_index=cpu"], "no sample type 'cpu'"),
    ],
)
def test_what_contradicts_itself_is_a_usage_error(
    heap: str, view: str, arguments: list[str], said: str
) -> None:
    """The error names both sides."""
    error = run(view, *arguments, heap).exception
    assert isinstance(error, UsageError)
    assert said in str(error)


def test_a_pattern_to_peek_at_is_read_before_any_profile(tmp_path: Path) -> None:
    """A slow source is not fetched for nothing."""
    error = CliRunner().invoke(app, ["peek", "a**", str(tmp_path / "nothing")]).exception
    assert isinstance(error, UsageError)
    assert "nothing to repeat" in error.why


@pytest.mark.parametrize("view", [view for view in VIEWS if view not in {"comments", "raw"}])
def test_a_view_of_a_recording_shows_what_its_load_allocated(view: str, tmp_path: Path) -> None:
    """The window is named, and alloc_space is shown unasked."""
    result = run(view, str(make_recording(tmp_path / "before.hw")))
    assert result.exit_code == 0
    if view != "tags":
        assert "Source: before.hw, under load" in result.stdout
        assert "Type: alloc_space" in result.stdout


def test_comments_are_printed_with_the_one_that_is_added(heap: str) -> None:
    """Also those that other views leave out."""
    assert run("comments", "-add_comment=more", heap).stdout == "#machine\nhello\nmore\n"
    assert "hello\nmore\nType" in run("top", "-add_comment=more", heap).stdout


def test_the_table_as_json_follows_its_schema(heap: str) -> None:
    """With filters and several sources too."""
    result = run("top", "--json", "-focus=main", "-unit=kB", heap, heap)
    document = json.loads(result.stdout)
    jsonschema.validate(document, schema("table"))
    assert document["data"]["filters"] == ["focus=main"]
    assert document["data"]["total"] == 200


class TestMerge:
    """`heapwise merge` writes a profile."""

    def test_it_goes_to_a_file_that_is_not_there_yet(self, heap: str, tmp_path: Path) -> None:
        """Nothing is overwritten unasked."""
        output = tmp_path / "sum.pb.gz"
        assert run("merge", heap, heap, "-o", str(output)).exit_code == 0
        assert pprof.decode(output.read_bytes()).column("alloc_space").tolist() == [160, 40]
        again = run("merge", heap, "-o", str(output))
        assert isinstance(again.exception, UsageError)
        assert run("merge", heap, "-o", str(output), "--force").exit_code == 0

    def test_it_goes_to_a_pipe(self, heap: str) -> None:
        """Standard output is data."""
        result = run("merge", "-focus=mid", heap)
        assert pprof.decode(result.stdout_bytes).column("alloc_space").tolist() == [80]

    def test_it_does_not_go_to_a_terminal(self, heap: str) -> None:
        """Nobody can read it there."""
        ours, theirs = os.openpty()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "heapwise", "merge", heap],
                stdout=theirs, stderr=subprocess.PIPE, text=True, check=False,
            )  # fmt: skip
        finally:
            os.close(ours)
            os.close(theirs)
        assert done.returncode == 2
        assert "name a file with -o" in done.stderr
