"""heapwise bench on files: what is printed where, and the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heapwise.cli.bench import command as bench
from heapwise.errors import HeapwiseError

FAST, SLOW = [50, 51, 52, 53, 54, 55], [100, 101, 102, 103, 104, 105]


def benchmarks(times: Sequence[int], name: str = "A") -> str:
    """A file of one benchmark."""
    return "pkg: ex.com/a\n" + "".join(f"Benchmark{name} 1 {time} ns/op\n" for time in times)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two revisions that differ, in the folder of the test."""
    monkeypatch.chdir(tmp_path)
    Path("old.txt").write_text(benchmarks(SLOW))
    Path("new.txt").write_text(benchmarks(FAST))


def run(*args: str, **settings: str) -> Result:
    """The command, as typed."""
    return CliRunner().invoke(bench, [*args], **settings)  # type: ignore[arg-type] # only input


def ending(done: Result) -> tuple[int, str]:
    """The exit code and the one line that says why."""
    assert isinstance(done.exception, HeapwiseError), done.output
    return done.exception.exit_code, f"{done.exception.what}: {done.exception.why}"


def test_two_files_are_compared() -> None:
    """The word `files` may be left out; tables go to stdout, the next step to stderr."""
    done = run("old.txt", "new.txt")
    assert done.exit_code == 0
    assert "A   102.50n ± 2%   52.50n ± 5%  -48.78% (p=0.002 n=6)" in done.stdout
    assert done.stdout.endswith("1 comparison: 1 better\n")
    assert done.stderr == "next: heapwise bench --fail-on-regression old.txt new.txt\n"
    assert run("files", "-q", "old.txt", "new.txt").stdout == done.stdout
    assert run("-quiet", "old.txt", "new.txt").stderr == ""


def test_go_style_flags_come_before_the_files() -> None:
    """As benchstat's users type them."""
    done = run("-col", ".file", "-format=csv", "-alpha=0.01", "old.txt", "new.txt")
    assert done.stdout.splitlines()[1:4] == [
        ",old.txt,,new.txt,,,",
        ",sec/op,CI,sec/op,CI,vs base,P",
        "A,1.025e-07,2%,5.25e-08,5%,-48.78%,p=0.002 n=6",
    ]


def test_a_filter_may_begin_with_a_minus() -> None:
    """The value of a flag is no flag, wherever it stands."""
    Path("both.txt").write_text(benchmarks(FAST) + "BenchmarkB 1 5 ns/op 7 B/op\n")
    for args in (["-filter", "-.name:B", "both.txt"], ["both.txt", "--filter", "-.name:B"]):
        done = run(*args)
        assert done.exit_code == 0, done.output
        assert "B/op" not in done.stdout


def test_files_are_read_without_what_runs_benchmarks() -> None:
    """Start-up time: git, toolchains and TLS are for the other subcommands."""
    code = (
        "import sys, heapwise.cli.bench\n"
        "print(*[name for name in sys.modules if name == 'ssl' or '.verify' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "\n"


def test_json_is_an_envelope() -> None:
    """With the numbers behind the table; an infinite end of an interval is null."""
    Path("few.txt").write_text(benchmarks(FAST[:3]))
    for flag in ("-json", "-format=json"):
        document = json.loads(run(flag, "old.txt", "few.txt").stdout)
        assert document["kind"] == "bench"
        (table,) = document["data"]["tables"]
        old, few = table["rows"][0]["cells"]
        assert (old["versus"], few["summary"]["low"]) == (None, None)
        assert few["versus"]["verdict"] == "better"


def test_standard_input_and_labels_name_columns() -> None:
    """- is standard input; files of one label become one column."""
    done = run("base=old.txt", "new=-", "new=new.txt", input=benchmarks(FAST))
    assert "│     base     │                  new                  │" in done.stdout
    assert "n=6+12" in done.stdout


def test_one_file_is_shown_alone() -> None:
    """Nothing to compare is no error where nothing was to be compared."""
    done = run("old.txt")
    assert done.exit_code == 0
    assert "vs base" not in done.stdout
    assert "comparison" not in done.stdout


@pytest.mark.parametrize(
    ("flags", "code", "why"),
    [
        ("-fail-on-regression new.txt old.txt", 3, "worse: A sec/op +95.24% in old.txt"),
        ("-fail-above 50% new.txt old.txt", 3, "worse: A sec/op +95.24% in old.txt"),
        ("-fail-on-regression old.txt", 1, "nothing to compare: no benchmark is in two columns"),
        ("-filter .name:B old.txt", 1, "none of 6 results matches the filter"),
        ("empty.txt", 1, "no benchmark results"),
        ("gone.txt", 1, "cannot read gone.txt: No such file"),
        ("old.txt other.txt", 1, "nothing to compare: no benchmark is in two columns"),
        ("old.txt moved.txt", 1, "nothing to compare: no benchmark is in two columns"),
        ("old.txt damaged.txt", 4, "1 lines could not be read: damaged.txt:8: missing units"),
        ("old.txt failed.txt", 4, "benchmarks failed: failed.txt:8: --- FAIL: BenchmarkB"),
        ("two.txt new.txt", 4, "results are missing: new.txt has 0 of 6 for B"),
        ("-fail-above 5% few.txt few2.txt", 4, "the gate cannot decide 1 of 1 comparisons"),
        ("-filter .name old.txt", 2, "cannot read the query"),
        ("-row .unit old.txt", 2, "cannot read the query"),
        ("-filter .name:/(/ old.txt", 2, "cannot read the query"),
        ("-filter .name:/(?=a)/ old.txt", 2, "cannot read the pattern"),
    ],
)
def test_where_benchstat_is_silent_the_exit_code_speaks(flags: str, code: int, why: str) -> None:
    """One clear line, and tables all the same where there are any."""
    Path("empty.txt").write_text("PASS\nok ex.com/a 0.1s\n")
    Path("other.txt").write_text(benchmarks(FAST, "B"))
    Path("moved.txt").write_text(benchmarks(FAST).replace("ex.com/a", "ex.com/b"))
    Path("damaged.txt").write_text(benchmarks(FAST) + "BenchmarkA 1 5\n")
    Path("failed.txt").write_text(benchmarks(FAST) + "--- FAIL: BenchmarkB\n")
    Path("two.txt").write_text(benchmarks(SLOW) + benchmarks(SLOW, "B"))
    Path("few.txt").write_text(benchmarks(SLOW[:3]))
    Path("few2.txt").write_text(benchmarks(FAST[:3]))
    done = run(*flags.split(" "))
    found, line = ending(done)
    assert found == code
    assert line.startswith(why)
    assert bool(done.stdout) == (code in {3, 4} or "compare" in why)


def test_what_kept_the_sides_apart_is_named() -> None:
    """A new processor, or a moved package, makes two tables out of one."""
    Path("moved.txt").write_text(benchmarks(FAST).replace("ex.com/a", "ex.com/b"))
    done = run("old.txt", "moved.txt")
    assert isinstance(done.exception, HeapwiseError)
    assert done.exception.hint == "the sides differ in pkg: add -ignore pkg"
    assert run("-ignore", "pkg", "old.txt", "moved.txt").exit_code == 0


def test_a_gate_passes_what_is_better_or_small() -> None:
    """Only what is worse by more than the threshold fails."""
    assert run("-fail-on-regression", "old.txt", "new.txt").exit_code == 0
    assert run("-fail-above", "100%", "new.txt", "old.txt").exit_code == 0
    assert run("-fail-on-regression", "-min-effect", "100%", "new.txt", "old.txt").exit_code == 0


def test_a_gate_says_what_it_cannot_look_at() -> None:
    """Of a unit that is nobody's, no side is known to be the better one, until the file says so."""
    for name in ("old.txt", "new.txt"):
        Path(name).write_text(Path(name).read_text().replace("ns/op", "answers"))
    done = run("-fail-on-regression", "-q", "old.txt", "new.txt")
    assert done.exit_code == 0
    assert done.stderr.startswith("not gated: answers; write 'Unit answers better=lower' into")
    Path("old.txt").write_text("Unit answers better=higher\n" + Path("old.txt").read_text())
    assert ending(run("-fail-on-regression", "old.txt", "new.txt"))[0] == 3


def test_missing_results_can_be_allowed() -> None:
    """A benchmark that was removed on purpose."""
    Path("two.txt").write_text(benchmarks(SLOW) + benchmarks(SLOW, "B"))
    assert run("two.txt", "new.txt", "--allow-dropped").exit_code == 0
    assert run("new.txt", "two.txt").exit_code == 0, "new benchmarks are no loss"


def test_names_from_files_cannot_draw() -> None:
    """An escape sequence in a name is spelled out."""
    Path("old.txt").write_text("pkg: \x1b[31m\nBenchmarkA\x1b[2J 1 1 ns/op\n")
    done = run("old.txt")
    assert "\x1b" not in done.output
    assert "A\\x1b[2J" in done.stdout


def test_help_names_the_three_ways() -> None:
    """Of the group; each has its own."""
    done = run("--help")
    assert all(f"\n  {name} " in done.output for name in ("files", "go", "py"))
    assert run().exit_code == 2


NUMBERS = st.sampled_from(["NaN", "Inf", "-Inf", "-1", "0", "-0", "1e308", "1e-320", "5", "1e-9"])
LINES = st.lists(
    st.tuples(st.sampled_from("AB"), NUMBERS, st.sampled_from(["ns/op", "B/op", "MB*MB/s"])),
    min_size=1,
    max_size=14,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, LINES, st.sampled_from(["text", "csv", "markdown", "json"]), st.booleans())
def test_any_numbers_are_shown_in_any_format(
    old: list[tuple[str, str, str]], new: list[tuple[str, str, str]], output: str, holm: bool
) -> None:
    """What is infinite, no number at all, or far too large ends in a table or in one line."""
    texts = [
        "".join(f"Benchmark{name} 1 {number} {unit}\n" for name, number, unit in lines)
        for lines in (old, new)
    ]
    correction = "holm" if holm else "none"
    for name, text in zip(("a", "b"), texts, strict=True):
        Path(name).write_text(text)
    done = run("-format", output, "-correct", correction, "-fail-on-regression", "a", "b")
    assert done.stdout
    assert done.exception is None or isinstance(done.exception, HeapwiseError)
