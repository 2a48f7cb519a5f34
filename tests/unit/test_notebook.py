"""The notebook is appended to and nothing else, and a torn line costs one entry."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from heapwise.cli.log import command as log
from heapwise.errors import RecordingError
from heapwise.model.verify import Entry, FileChange, Moved
from heapwise.report.notebook_text import render_entry
from heapwise.verify.notebook import LINES, PAGE, append, entry_of, read_notebook
from heapwise.verify.verdict import conclude
from support.verifications import journal


def entry(result: str = "better: 50.0 % less B/req", **others: object) -> Entry:
    """An entry."""
    bytes_ = Moved(
        metric="bytes/work", name="B/req", unit="B", before=1024.0, after=512.0, delta=-0.5,
        verdict="better", p=0.0108,
    )  # fmt: skip
    settings: dict[str, object] = {
        "at": "2026-11-21T08:00:00+00:00",
        "hypothesis": "the buffer is half of it",
        "change": "./old -> ./new",
        "files": (FileChange("server.go", 3, 2),),
        "prediction": "bytes/req -50%",
        "primary": (bytes_,),
        "side_effects": (),
        "warnings": (),
        "machine": "f00d",
        "directory": "run.verify",
        "rounds": (6, 6),
    }
    return msgspec.convert({"result": result, **settings, **others}, Entry)


def test_an_entry_holds_the_whole_experiment(tmp_path: Path) -> None:
    """Hypothesis, change, prediction, result, and where its recordings lie, from a verification."""
    with journal(
        tmp_path / "a.verify", [10.0] * 6, [5.0] * 6, hypothesis="half of it", prediction="less",
    ) as made:  # fmt: skip
        noted = entry_of(conclude(made, str(tmp_path / "a.verify")), tmp_path)
    assert noted.hypothesis == "half of it"
    assert noted.prediction == "less"
    assert noted.change == "./base -> ./new"
    assert noted.result.startswith("better: 50.0 % less B/req")
    assert noted.directory == "a.verify"
    assert noted.machine == "f00d"
    (moved,) = [each for each in noted.primary if each.metric == "bytes/work"]
    assert (moved.before, moved.after, moved.verdict) == (10.0, 5.0, "better")


def test_entries_stand_behind_each_other(tmp_path: Path) -> None:
    """What was there stays as it was, in the lines and on the page."""
    append(entry("first"), tmp_path, render_entry)
    lines, page = (tmp_path / LINES).read_bytes(), (tmp_path / PAGE).read_bytes()
    append(entry("second"), tmp_path, render_entry)
    assert (tmp_path / LINES).read_bytes().startswith(lines)
    assert (tmp_path / PAGE).read_bytes().startswith(page)
    assert [each.result for each in read_notebook(tmp_path).entries] == ["first", "second"]
    assert (tmp_path / PAGE).read_text().startswith("# Experiments\n")


def test_the_page_shows_the_figures(tmp_path: Path) -> None:
    """A table of the primary metrics, in Markdown that no name can break."""
    page = append(entry("<script>", hypothesis="a | b"), tmp_path, render_entry).read_text()
    assert "| B/req | 1.00 KiB | 512 B |" in page
    assert "<script>" not in page


@given(cut=st.integers(1, 400))
def test_a_torn_line_costs_one_entry(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    """Wherever a crash cut the last line, the entries before and after it are read."""
    folder = tmp_path_factory.mktemp("torn")
    append(entry("first"), folder, render_entry)
    size = (folder / LINES).stat().st_size
    append(entry("torn"), folder, render_entry)
    whole = (folder / LINES).stat().st_size
    os.truncate(folder / LINES, max(size + 1, whole - cut))
    append(entry("last"), folder, render_entry)
    results = [each.result for each in read_notebook(folder).entries]
    assert results in (["first", "last"], ["first", "torn", "last"])
    assert read_notebook(folder).damaged == 3 - len(results)


@given(st.binary(max_size=2000))
def test_any_file_is_read_without_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """Bytes that are no entries are counted, not raised."""
    folder = tmp_path_factory.mktemp("any")
    (folder / LINES).write_bytes(data)
    lines = [line for line in data.splitlines() if line.strip()]
    assert read_notebook(folder).damaged == len(lines)


def note_down(folder: Path, writer: int) -> None:
    """Twenty entries by one of several writers."""
    for number in range(20):
        append(entry(f"{writer}.{number}"), folder, render_entry)


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    """Three that append at the same time leave every entry whole, each one's in order.

    The lock belongs to the opened file, so threads wait for each other as processes do.
    """
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(note_down, [tmp_path] * 3, range(3)))
    notebook = read_notebook(tmp_path)
    assert notebook.damaged == 0
    for writer in range(3):
        mine = [each.result for each in notebook.entries if each.result.startswith(f"{writer}.")]
        assert mine == [f"{writer}.{number}" for number in range(20)]


def test_a_notebook_that_is_not_there_says_how_to_begin_one(tmp_path: Path) -> None:
    """The error names the command."""
    with pytest.raises(RecordingError, match="no notebook") as refused:
        read_notebook(tmp_path)
    assert "heapwise verify --log" in refused.value.hint


def test_log_shows_the_newest_last_and_warns(tmp_path: Path) -> None:
    """Entries in the order they were made; one that changed two things at once is counted."""
    append(entry("first"), tmp_path, render_entry)
    warning = "two changes at once: dependencies (go.mod) and code (a.go) differ"
    append(entry("second", warnings=(warning,)), tmp_path, render_entry)
    done = CliRunner().invoke(log, [str(tmp_path)])
    assert done.exit_code == 0
    assert done.stdout.index("first") < done.stdout.index("second")
    assert f"WARNING     {warning}" in done.stdout
    assert "1 of 2 entries changed two things at once" in done.stderr


def test_log_prints_json(tmp_path: Path) -> None:
    """The envelope's kind is log."""
    append(entry(), tmp_path, render_entry)
    done = CliRunner().invoke(log, [str(tmp_path / PAGE), "--json"])
    data = msgspec.json.decode(done.stdout)
    assert data["kind"] == "log"
    assert data["data"]["entries"][0]["files"][0]["path"] == "server.go"
