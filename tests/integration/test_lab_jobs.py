"""A lab of a job is run, judged and told on a real program, with all that runs beside it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from heapwise.errors import ToolchainError, UsageError
from heapwise.lab import room
from heapwise.lab.clean import clean
from heapwise.lab.inputs import input_of
from heapwise.lab.runner import LabRequest, run_lab
from heapwise.lab.spec import Amount, JobLab
from heapwise.lab.text import render_case, render_lab
from heapwise.model.envelope import envelope
from heapwise.model.recording import State
from heapwise.record.store import load
from support.labs import TALLY, Watcher, silent, tally

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

import lab_pages

pytest.importorskip("heapwise_agent", reason="heapwise-agent is part of heapwise[demo]")

ALONE = """
import sys
from pathlib import Path
sys.path.insert(0, {support!r})
from heapwise.lab.runner import LabRequest, run_lab
from heapwise.lab.spec import Amount
from support.labs import Watcher, tally
class Told(Watcher):
    def see(self, variant, progress):
        print(variant, progress.step, flush=True)
request = LabRequest(variants=("before", "after"), scale=Amount(scale=1000), out_dir=Path({out!r}))
run_lab(tally(Path({case!r})), request, Told())
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache and a place for temporary files that only this test uses."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    return tmp_path / "cache" / "heapwise" / "labs"


def copy(tmp_path: Path, **changed: tuple[str, str]) -> Path:
    """The lab without rehearsals, with a text of some of its files replaced."""
    directory = tmp_path / "case"
    shutil.copytree(TALLY, directory, ignore=shutil.ignore_patterns("__pycache__"))
    spec = directory / "lab.toml"
    spec.write_text(spec.read_text("utf-8").replace("rehearse = true", ""), "utf-8")
    for stem, (old, new) in changed.items():
        (path,) = directory.glob(f"{stem}.*")
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
    return directory


def test_a_job_s_ladder_is_climbed_and_judged(tmp_path: Path, cache: Path) -> None:
    """Right and wrong results, a guard's figure, a kill, a ladder and the article's table."""
    watcher = Watcher()
    out = tmp_path / "out"
    request = LabRequest(variants=tally().lab.ladder, scale=Amount(scale=20_000), out_dir=out)
    result = run_lab(tally(), request, watcher)

    assert result.load == "20,000 lines of seed 3, within 128 MiB of memory"
    (beside,) = result.components
    assert beside.startswith("greeter: greeter.py, http://127.0.0.1:")
    assert watcher.announced[0].startswith("greeter: ")
    assert watcher.announced[1] == "generating the input of tally: 20,000 lines"
    assert ("before", "rehearsal, for caches to be warm") in watcher.steps
    assert [rung.name for rung in watcher.rungs] == ["before", "wrong", "after", "hoard"]

    checks = {
        (variant.name, check.name): check for variant in result.variants for check in variant.checks
    }
    failed = [key for key, check in checks.items() if not check.passed]
    assert failed == [("wrong", "oracle same_result")]
    assert checks["after", "guard guards_kept"].detail == "share 0.5 → 0.4 (-20.0%)"
    assert checks["before", "the job counted the same work"].detail == "20,000 here, 20,000 there"
    assert checks["after", "leaves 20.0 % of its memory free"].detail.endswith(" free")
    assert "within 128 MiB" in checks["hoard", "ends killed"].detail
    assert checks["hoard", "ends killed"].passed

    after = {rung.metric: rung for rung in result.variants[2].rungs}
    assert after["work.rate"].value
    assert after["bytes/work"].factor is not None
    rows = {row.row: row for row in result.table}
    assert rows["share"].ours == ("0.50", "0.40")
    assert rows["ends"].ours == ("ok", "ok")
    assert rows["memory"].ours[0].endswith("MiB")

    text = render_lab(result)
    assert "Ladder, each against the one above it" in text
    assert "article before" in text
    assert b'"kind": "lab"' in envelope(result)
    page = lab_pages.page(tally(), result, out)
    for part in (
        "# tally: Numbers", "| **wrong**: one too many |", "| share | 50 % | 40 % | 0.50 |",
        "Beside it: greeter: greeter.py, part of the lab.", "B/line",
    ):  # fmt: skip
        assert part in page
    assert str(tmp_path) not in page
    assert lab_pages.svg(result.variants[0], result.variants[2]).count("<polyline") == 2
    assert sorted(path.name for path in out.iterdir()) == [
        "after.hw", "before.hw", "hoard.hw", "wrong.hw"
    ]  # fmt: skip
    assert not list((tmp_path / "tmp").glob("heapwise-lab-*"))  # neither data nor rehearsals stay
    assert len(list(cache.rglob("input"))) == 1


def test_a_variant_that_gets_less_is_judged_by_its_own_kind(tmp_path: Path) -> None:
    """Where `before` cannot do as much, results are held against the first that did as much."""
    limited = 'title = "a list"\nmax_scale = 1000'
    case = tally(copy(tmp_path, lab=('title = "a list"', limited)))
    out = tmp_path / "out"
    variants = ("before", "wrong", "after")
    result = run_lab(
        case, LabRequest(variants=variants, scale=Amount(scale=5000), out_dir=out), Watcher()
    )
    assert "5,000 lines of seed 3 (but before 1,000)" in result.load
    names = {variant.name: [check.name for check in variant.checks] for variant in result.variants}
    assert "oracle same_result" not in [*names["before"], *names["wrong"]]
    assert "oracle same_result" in names["after"]  # against `wrong`, from which it differs
    assert any(failure.startswith("after: oracle same_result") for failure in result.failures)
    memory = next(row for row in result.table if row.row == "memory")
    assert memory.ours[0].endswith("(1,000)")
    assert memory.verdict is None  # of another amount of work


def test_a_job_that_tells_no_result_fails_its_check(tmp_path: Path) -> None:
    """What it printed last is quoted, and nothing is taken for agreement."""
    silent = copy(tmp_path, tally=('print(json.dumps({"work"', 'str(json.dumps({"work"'))
    request = LabRequest(variants=("before",), scale=Amount(scale=1000), out_dir=tmp_path / "out")
    (failure,) = run_lab(tally(silent), request, Watcher()).failures
    assert failure.startswith("before: the job counted the same work: the job told no result")
    assert "'good day'" in failure


def test_a_job_that_fails_fails_its_check(tmp_path: Path) -> None:
    """Its exit code is told; what it should have come to is not asked for."""
    broken = copy(tmp_path, tally=("kept: list", "raise SystemExit(5)\n    kept: list"))
    request = LabRequest(variants=("before",), scale=Amount(scale=1000), out_dir=tmp_path / "out")
    (failure,) = run_lab(tally(broken), request, Watcher()).failures
    assert failure.startswith("before: ends ok: exit code 5")


def test_inputs_are_made_once_and_anew_for_another_scale(tmp_path: Path) -> None:
    """The same scale and sources give the same file; a changed generator gives another."""
    case = tally()
    assert isinstance(case.lab, JobLab)
    said: list[str] = []
    first = input_of(case, case.lab, 100, announce=said.append)
    assert first.read_text().count("\n") == 100
    assert input_of(case, case.lab, 100, announce=said.append) == first
    assert input_of(case, case.lab, 101, announce=said.append) != first
    assert len(said) == 2
    changed = tally(copy(tmp_path, generate=(" word", " phrase")))
    assert input_of(changed, case.lab, 100, announce=said.append) != first


@pytest.mark.parametrize(
    ("new", "what"),
    [("raise SystemExit('no ink')", "no ink"), ("return", "generate.py of tally made no input")],
)
def test_a_generator_that_fails_is_one_error(tmp_path: Path, new: str, what: str) -> None:
    """Its last words are in the error, and nothing half made is left to be found."""
    case = tally(copy(tmp_path, generate=("draw = ", f"{new}\n    draw = ")))
    assert isinstance(case.lab, JobLab)
    for _ in range(2):
        with pytest.raises(ToolchainError, match=what):
            input_of(case, case.lab, 10, announce=silent)


def test_a_component_that_does_not_start_is_one_error(tmp_path: Path, cache: Path) -> None:
    """The error has its last words, and no variant has run."""
    case = tally(
        copy(tmp_path, greeter=("if __name__", "raise SystemExit('no voice')\nif __name__"))
    )
    request = LabRequest(variants=("before",), scale=Amount(scale=10), out_dir=tmp_path / "out")
    with pytest.raises(ToolchainError, match=r"component greeter cannot be started: .*no voice"):
        run_lab(case, request, Watcher())
    assert list((tmp_path / "out").iterdir()) == []
    assert not list(cache.rglob("input"))


def test_a_scale_that_does_not_fit_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names what is short and the scale that fits, and that one does."""
    monkeypatch.setattr(room, "free_disk", lambda: 100_000)
    watcher = Watcher()
    request = LabRequest(variants=("before",), scale=Amount(scale=20_000), out_dir=tmp_path / "out")
    with pytest.raises(UsageError, match=r"not enough disk.*--scale 11000 fits"):
        run_lab(tally(), request, watcher)
    assert not (tmp_path / "out").exists()
    assert watcher == Watcher()
    case = tally()
    assert isinstance(case.lab, JobLab)
    room.must_fit(case.lab, ("before",), 11_000)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_beside_it(tmp_path: Path, number: signal.Signals) -> None:
    """The component is gone, its data too, and the recording that ran is kept."""
    process = waiting_in_before(tmp_path)
    (left,) = (tmp_path / "tmp").glob("heapwise-lab-*")
    assert left.name.startswith(f"heapwise-lab-tally-{process.pid}-")
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert "Interrupted: stopped during before" in said
    assert load(tmp_path / "out" / "before.hw").state is State.INTERRUPTED
    assert not (tmp_path / "out" / "after.hw").exists()
    assert not list((tmp_path / "tmp").glob("heapwise-lab-*"))
    assert not still_running(tmp_path)


def test_what_a_killed_run_left_is_cleaned(tmp_path: Path, cache: Path) -> None:
    """Its components end with it; its data and the cache go when asked, and no other's."""
    process = waiting_in_before(tmp_path)
    foreign = tmp_path / "tmp" / f"heapwise-lab-tally-{os.getpid()}-mine"
    foreign.mkdir()
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 10
    while still_running(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not still_running(tmp_path)
    cleaned = clean("tally")
    assert cleaned.places == 2
    assert cleaned.size > 1000
    assert not (cache / "tally").exists()
    assert list((tmp_path / "tmp").glob("heapwise-lab-*")) == [foreign]
    assert clean("tally").places == 0


def waiting_in_before(tmp_path: Path) -> subprocess.Popen[str]:
    """A lab that runs in a process of its own, whose first variant never ends."""
    case = copy(
        tmp_path,
        tally=("kept: list", "__import__('time').sleep(60)\n    kept: list"),
    )
    program = ALONE.format(support=str(TALLY.parents[1]), out=str(tmp_path / "out"), case=str(case))
    process = subprocess.Popen(
        [sys.executable, "-c", program], env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("before job"):
            return process
    raise AssertionError(process.communicate()[1])


def still_running(tmp_path: Path) -> list[str]:
    """Command lines of processes that name something of this test's."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if str(tmp_path / "cache") in text:
            found.append(text)
    return found


def test_a_job_can_be_read_before_it_is_run() -> None:
    """`lab show` tells what is read, how much of it, and what runs beside it."""
    text = render_case(tally())
    for part in ("200,000 lines", "limited to 128MiB", "greeter (greeter.py)", "ends  killed",
                 "share -30 % to +30 %"):  # fmt: skip
        assert part in text
