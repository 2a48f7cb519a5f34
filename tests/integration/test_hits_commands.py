"""What is done with hits that are there: report, encode and plot, as a user types them."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heapwise.model.load import HitFlag
from support.load_hits import MS, PEAK_NS, as_lines, simulated

COMMAND = (sys.executable, "-m", "heapwise")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two loads in one.json and two.json, bad.csv and warm.json."""
    place = tmp_path_factory.mktemp("hits")
    (place / "one.json").write_bytes(as_lines(simulated(), name="one"))
    (place / "two.json").write_bytes(as_lines(simulated(500), name="two", later_ns=10**10))
    (place / "bad.csv").write_text("1790000000000000000,200,5\n")
    (place / "empty.csv").write_text("\n\n")
    many = (as_lines(simulated(1), name=f"load {n}") for n in range(21))
    (place / "many.json").write_bytes(b"".join(many))
    warm = simulated(10)
    warm.flags[:] = HitFlag.WARMUP
    (place / "warm.json").write_bytes(as_lines(warm))
    return place


def heapwise(folder: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a folder."""
    return subprocess.run(
        [*COMMAND, *words], cwd=folder, input=stdin, capture_output=True, timeout=60, check=False
    )


def test_files_and_standard_input_are_one_report(folder: Path) -> None:
    """As three targets of one load: each is read once, in whatever format it is."""
    as_csv = heapwise(folder, "encode", "two.json", "-to", "csv").stdout
    done = heapwise(folder, "report", "one.json", "-", "--json", stdin=as_csv)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["kind"] == "load"
    assert data["data"]["total"]["sent"] == 3500


def test_a_report_without_words_says_on_stderr_that_latencies_are_invalid(folder: Path) -> None:
    """A histogram of a generator that was late looks like any other."""
    late = simulated(1000)
    late.sent[:] += 50 * MS
    late.done[:] += 50 * MS
    done = heapwise(folder, "report", "-type=hist[1ms]", "-", stdin=as_lines(late))
    assert done.returncode == 0
    assert done.stderr.startswith(b"INVALID latency: the generator was late")
    quiet = heapwise(folder, "report", "-type=hist[1ms]", "-quiet", stdin=as_lines(late))
    assert (quiet.stdout, quiet.stderr) == (done.stdout, b"")


def test_reports_follow_hits_as_they_come(folder: Path) -> None:
    """Each on all hits so far, only when more came, and the last one on all of them."""
    lines = (folder / "one.json").read_bytes().splitlines(keepends=True)
    with subprocess.Popen(
        [*COMMAND, "report", "-every=100ms", "-type=vegeta"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        seen = []
        for part in (lines[:1000], lines[1000:2000]):
            process.stdin.write(b"".join(part))
            process.stdin.flush()
            seen.append(json.loads(process.stdout.readline())["requests"])
        process.stdin.writelines(lines[2000:])
        process.stdin.close()
        rest = [json.loads(line)["requests"] for line in process.stdout]
        assert process.wait(timeout=30) == 0
    counts = [*seen, *rest]
    assert counts == sorted(counts)
    assert 0 < counts[0] <= 1000
    assert len(set(counts[:-1])) == len(counts[:-1])
    assert counts[-1] == 3000


def test_a_report_in_a_file_is_written_again(folder: Path) -> None:
    """The file holds one report, the last."""
    done = heapwise(
        folder, "report", "-every=1ms", "-type=vegeta", "-o", "again.json", "one.json", "-quiet"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert json.loads((folder / "again.json").read_bytes())["requests"] == 3000


def test_on_a_terminal_a_report_takes_the_place_of_the_one_before(folder: Path) -> None:
    """The screen is cleared, and the last report stays on it."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "report", "-every=1h", "one.json"], stdout=theirs, cwd=folder
    ) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while data := os.read(ours, 1 << 16):
                shown += data
        os.close(ours)
        assert process.wait(timeout=30) == 0
    assert shown.startswith(b"\x1b[H\x1b[2Jrequests   3,000 scheduled")
    assert b"\x1b" not in shown[10:]


def test_ctrl_c_waits_for_the_last_hits(folder: Path) -> None:
    """Whoever writes them was told to stop as well: the report is on all that still came."""
    lines = (folder / "one.json").read_bytes().splitlines(keepends=True)
    with subprocess.Popen(
        [*COMMAND, "report", "-type=vegeta", "-every=50ms"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"".join(lines[:100]))
        process.stdin.flush()
        assert process.stdout.readline()
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.2)
        out, errors = process.communicate(b"".join(lines[100:]), timeout=30)
        assert process.returncode == 0
    assert json.loads(out.splitlines()[-1])["requests"] == 3000
    assert b"Ctrl-C again" in errors


def test_json_and_csv_come_in_and_go_out(folder: Path) -> None:
    """Our JSON survives its own encoder; CSV holds what twelve columns can."""
    again = heapwise(folder, "encode", "one.json")
    assert again.stdout == (folder / "one.json").read_bytes()
    rows = heapwise(folder, "encode", "one.json", "-to=csv").stdout
    assert {row.count(b",") for row in rows.splitlines() if b'"' not in row} == {11}
    assert b'"http://127.0.0.1:80/b,c"' in rows
    assert heapwise(folder, "encode", "-to", "csv", "-", stdin=rows).stdout == rows


def test_encoding_of_several_files_is_in_order_of_time(folder: Path) -> None:
    """Whichever file comes first."""
    done = heapwise(folder, "encode", "two.json", "one.json", "-o", "both.json")
    assert (done.returncode, done.stdout) == (0, b"")
    names = [
        json.loads(line)["attack"] for line in (folder / "both.json").read_bytes().splitlines()
    ]
    assert names == ["one"] * 3000 + ["two"] * 500


def test_a_file_that_was_not_finished_does_not_stay(folder: Path) -> None:
    """Half of the hits would look like all of them."""
    bad = (folder / "one.json").read_bytes() + b"{}\n"
    done = heapwise(folder, "encode", "-to=csv", "-output=half.csv", stdin=bad)
    assert done.returncode == 1
    assert b"standard input:3001: not a hit" in done.stderr
    assert not (folder / "half.csv").exists()


def test_a_plot_is_one_page_with_every_load(folder: Path) -> None:
    """Named and titled, sealed against everything outside; the peak is in it."""
    titled = ("-title", "<b>mine", "-threshold=100")
    done = heapwise(folder, "plot", "one.json", "two.json", *titled, "-o", "p.html")
    assert (done.returncode, done.stderr) == (0, b"plot in p.html\n")
    page = (folder / "p.html").read_text(encoding="utf-8")
    assert "<title>&lt;b&gt;mine · heapwise</title>" in page
    assert "default-src &#39;none&#39;" in page
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    ok = data[0]["hits"][0]
    assert ok["name"] == "OK"
    assert len(ok["x"]) <= 100
    assert max(ok["y"]) == PEAK_NS
    assert len(data) == 4


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("report", "bad.csv"), 1, b"bad.csv:1: not a hit: it has 3 columns"),
        (("encode", "bad.csv"), 1, b"bad.csv:1: not a hit"),
        (("plot", "bad.csv"), 1, b"bad.csv:1: not a hit"),
        (("report", "empty.csv"), 1, b"empty.csv: no hits in it"),
        (("plot", "empty.csv"), 1, b"no hits in it"),
        (("encode", "empty.csv"), 0, b""),
        (("report", "warm.json", "-type=vegeta"), 1, b"all hits are warm-up"),
        (("report", "-", "stdin"), 2, b"standard input can be read only once"),
        (("encode", "nothing.json"), 2, b"cannot read nothing.json: No such file"),
        (("encode", "one.json", "-to=xml"), 2, b"no such encoding"),
        (("encode", "one.json", "-o", "no/such/file"), 2, b"there is no folder no/such"),
        (("encode", "one.json", "-o", "two.json"), 2, b"two.json exists already"),
        (("plot", "many.json"), 2, b"the hits are of 21 loads: 20 fit a page"),
        (("plot", "one.json", "-threshold=3"), 2, b"threshold"),
        (("report", "one.json", "-type=html"), 2, b"heapwise plot"),
        (("report", "one.json", "-type=hist"), 2, b"a histogram needs buckets"),
        (("report", "one.json", "-type=hist[x]"), 2, b"not a duration"),
        (("report", "one.json", "-type=plot"), 2, b"no such kind of report"),
        (("report", "one.json", "-buckets=[1ms]"), 2, b"a report of type text has no buckets"),
        (("report", "one.json", "-every=x"), 2, b"not a duration"),
        (("report", "one.json", "-", "."), 2, b"recordings"),
    ],
)
def test_bad_input_gets_one_clear_error(
    folder: Path, words: tuple[str, ...], code: int, says: bytes
) -> None:
    """What, why and what to do; no traceback."""
    done = heapwise(folder, *words)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert b"Traceback" not in done.stderr
