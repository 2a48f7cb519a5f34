"""``heapwise report`` and ``heapwise compare`` as a user types them, in their own process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from heapwise.formats.hits import write_hits
from heapwise.model.envelope import schema
from support.recordings import AFTER, make_recording
from support.runs import WALL_S, S, plan, steady


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with before.hw, after.hw, cut.hw and hits.ndjson."""
    place = tmp_path_factory.mktemp("reports")
    make_recording(place / "before.hw", requests=400, gc_cycles=60)
    make_recording(place / "after.hw", **(AFTER | {"requests": 400}))
    make_recording(place / "cut.hw", requests=400, finish=False)
    lines = write_hits(steady(0, 2, 50, 3.0), plan(50).targets, wall_zero_ns=WALL_S * S)
    (place / "hits.ndjson").write_bytes(lines)
    return place


def heapwise(folder: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "heapwise", *words],
        cwd=folder, input=stdin, capture_output=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_recording_as_text(folder: Path) -> None:
    """The report on stdout, the next command on stderr."""
    done = heapwise(folder, "report", "before.hw")
    assert done.returncode == 0
    assert done.stdout.startswith("before.hw · complete\n".encode())
    assert b"HW101" in done.stdout
    assert done.stderr == b"next: heapwise explain HW101\n"


def test_an_interrupted_recording_is_reported(folder: Path) -> None:
    """It says so, and exits with 0: reporting succeeded."""
    done = heapwise(folder, "report", "cut.hw", "-quiet")
    assert done.returncode == 0
    assert done.stdout.startswith("cut.hw · INTERRUPTED\n".encode())
    assert b"B/req" in done.stdout
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("report", "before.hw", "--json"), "run"),
        (("report", "-type=json", "before.hw", "after.hw"), "comparison"),
        (("compare", "before.hw", "after.hw", "--json"), "comparison"),
        (("report", "hits.ndjson", "-type", "json"), "load"),
    ],
)
def test_json_holds_to_its_schema(folder: Path, words: tuple[str, ...], kind: str) -> None:
    """Every kind of report is what `heapwise schema` says it is."""
    done = heapwise(folder, *words)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["kind"] == kind
    jsonschema.validate(data, schema(kind))


def test_hits_come_from_standard_input(folder: Path) -> None:
    """As in `heapwise load … | heapwise report -`."""
    done = heapwise(folder, "report", "-", stdin=(folder / "hits.ndjson").read_bytes())
    assert done.returncode == 0
    assert b"100 scheduled" in done.stdout
    assert b"3.00 ms" in done.stdout


def test_compare_prints_a_table_and_writes_html(folder: Path) -> None:
    """And refuses to overwrite it the second time, unless it is told to."""
    words = ("compare", "before.hw", "after.hw", "--html", "both.html")
    done = heapwise(folder, *words)
    assert done.returncode == 0
    assert "× less  better" in done.stdout.decode()
    assert done.stderr == b"report in both.html\n"
    assert (folder / "both.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    again = heapwise(folder, *words)
    assert again.returncode == 2
    assert b"both.html exists already" in again.stderr
    assert heapwise(folder, *words, "--force").returncode == 0


def test_a_report_goes_to_a_file(folder: Path) -> None:
    """Nothing is left for stdout."""
    done = heapwise(folder, "report", "before.hw", "-type", "html", "-o", "one.html")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"report in one.html" in done.stderr
    assert (folder / "one.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("report", "nothing.hw"), 2, b"cannot read nothing.hw: No such file"),
        (("report", "before.hw", "hits.ndjson"), 2, b"recordings and hits do not fit one report"),
        (("report", *(["before.hw"] * 3)), 2, b"3 recordings do not fit one report"),
        (("report", "before.hw", "-type=hist[1ms]"), 2, b"are for hits"),
        (("report", "before.hw", "-every=1s"), 2, b"are for hits"),
        (("report", "hits.ndjson", "-type=html"), 2, b"an HTML report needs a recording"),
        (("report", "."), 1, b". is not a recording"),
        (("report", "before.hw", "-o", "no/such/dir.txt"), 2, b"cannot write no/such/dir.txt"),
        (("report", "before.hw/manifest.json"), 1, b"not a hit"),
        (("compare", "before.hw", "nothing.hw"), 1, b"there is no recording nothing.hw"),
        (("compare", "before.hw"), 2, b"Missing argument 'AFTER'"),
    ],
)
def test_bad_input_gets_one_clear_error(
    folder: Path, words: tuple[str, ...], code: int, says: bytes
) -> None:
    """What, why and what to do; the exit code of DESIGN, and no traceback."""
    done = heapwise(folder, *words)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_line_without_an_end_is_refused_in_bounded_memory(folder: Path) -> None:
    """64 MB without a newline are an error after the first few."""
    done = heapwise(folder, "report", "-", stdin=b"x" * (64 << 20))
    assert done.returncode == 1
    assert b"standard input:1: not a hit" in done.stderr
