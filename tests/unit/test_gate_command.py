"""``heapwise gate`` and ``heapwise baseline``: from recordings to exit codes and files."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

from heapwise.cli.main import main
from heapwise.model.verify import Settings
from heapwise.record.analyse import analyse
from heapwise.record.store import load
from support.recordings import make_recording
from support.verifications import attempt, journal

ROUNDS = 6
THIN = {"bytes_per_request": 5_000, "compressor_share": 0.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six rounds of a service, of the same a little fatter, and of one with another Go."""
    folder = tmp_path_factory.mktemp("gate")
    for number in range(ROUNDS):
        wobble = {"bytes_per_request": 5_000 + number, "compressor_share": 0.0}
        fatter = {"bytes_per_request": 6_000 + number, "compressor_share": 0.0}
        make_recording(folder / f"old-{number}.hw", **wobble)
        make_recording(folder / f"new-{number}.hw", **fatter)
    make_recording(folder / "slower.hw", rate=50, **THIN)
    return folder


@pytest.fixture(autouse=True)
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in the folder of the recordings, on no CI system."""
    monkeypatch.chdir(folder)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@dataclass(frozen=True)
class Ended:
    """What a command printed, and its exit code."""

    exit_code: int
    stdout: str
    stderr: str


def heapwise(*words: str) -> Ended:
    """Run a command."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["heapwise", *words])
        with pytest.raises(SystemExit) as end:
            main()
    return Ended(int(end.value.code or 0), out.getvalue(), err.getvalue())


def side(name: str) -> list[str]:
    """The rounds of a side."""
    return [f"{name}-{number}.hw" for number in range(ROUNDS)]


def bases(name: str) -> list[str]:
    """The same as options."""
    return [word for path in side(name) for word in ("--base", path)]


def test_a_fifth_more_bytes_fail_a_budget_of_five_per_cent() -> None:
    """Exit code 3, and the interval that says so."""
    found = heapwise("gate", *side("new"), *bases("old"), "--fail-on", "bytes/req > +5%")
    assert found.exit_code == 3
    assert "FAIL  bytes/req > +5%" in found.stdout
    assert "gate failed: 1 failed of 1" in found.stdout


def test_the_same_code_passes() -> None:
    """Exit code 0, and no next step to take."""
    words = ("--fail-on", "bytes/req > +5%", "--fail-on", "allocs/req > 12000")
    found = heapwise("gate", *side("old"), *bases("old"), *words)
    assert (found.exit_code, found.stderr) == (0, "")
    assert "gate passed: 2 passed of 2" in found.stdout


def test_too_few_rounds_are_undecided_unless_strict() -> None:
    """Exit code 4, and 3 for those who asked for it."""
    words = ("gate", "new-0.hw", "new-1.hw", "--base", "old-0.hw", "--base", "old-1.hw",
             "--fail-on", "bytes/req > +5%")  # fmt: skip
    assert heapwise(*words).exit_code == 4
    assert heapwise(*words, "--strict").exit_code == 3


def test_a_baseline_is_saved_shown_and_compared_with() -> None:
    """The recordings of the base are not needed any more."""
    saved = heapwise("baseline", "save", *side("old"), "--dir", "kept")
    assert saved.exit_code == 0
    assert Path(saved.stdout.strip()).is_file()
    shown = heapwise("baseline", "show", "--dir", "kept")
    assert shown.stdout.startswith("main: 6 rounds, saved 20")
    budget = ("--baseline", "kept", "--fail-on", "bytes/req > +5%")
    assert heapwise("gate", *side("old"), *budget).exit_code == 0
    failed = heapwise("gate", *side("new"), *budget, "--json")
    assert failed.exit_code == 3
    data = json.loads(failed.stdout)
    assert (data["kind"], data["data"]["outcome"]) == ("gate", "failed")
    assert data["data"]["notes"][0].startswith("baseline main of 20")


def test_a_missing_baseline_names_the_command_that_makes_one() -> None:
    """Exit code 2."""
    words = ("--baseline", "nowhere", "--fail-on", "bytes/req > +5%")
    found = heapwise("gate", *side("new"), *words)
    assert found.exit_code == 2
    assert "heapwise baseline save --dir nowhere --name main RECORDING" in found.stderr


def test_another_load_is_refused_with_the_difference() -> None:
    """It would fail builds for a change of the benchmark."""
    found = heapwise("gate", "slower.hw", "--base", "old-0.hw", "--fail-on", "bytes/req > +5%")
    assert found.exit_code == 2
    assert "different rate" in found.stderr


def test_absolute_budgets_need_neither_base_nor_rounds() -> None:
    """One recording is enough."""
    assert heapwise("gate", "old-0.hw", "--fail-on", "bytes/req > 6KiB").exit_code == 0
    assert heapwise("gate", "old-0.hw", "--fail-on", "bytes/req > 4KiB").exit_code == 3


def test_a_project_keeps_its_budgets_in_a_file(tmp_path: Path) -> None:
    """Budgets on the command line take their place."""
    file = tmp_path / "heapwise.toml"
    file.write_text('[gate]\nfail-on = ["bytes/req > 4KiB"]\n')
    words = ("gate", "old-0.hw", "--config", str(file))
    assert heapwise(*words).exit_code == 3
    assert heapwise(*words, "--fail-on", "bytes/req > 6KiB").exit_code == 0


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('[gate]\nfail_on = ["x"]\n', "unknown field `fail_on`"),
        ("[gate\n", "heapwise.toml is not what it should be"),
        ('[gate]\nfail-on = ["bytes/req >> 1"]\n', "at column 12"),
        ("[gate]\nfail-on = []\n", "no budgets"),
        ("[gate]\nmin-effect = nan\n", "min-effect must be from 0 to 1"),
        ("[gate]\nmin-effect = -1\n", "min-effect must be from 0 to 1"),
        (f"a = {'[' * 5000}", "nested too deeply"),
    ],
)
def test_a_project_file_that_is_wrong_gets_one_line(tmp_path: Path, text: str, part: str) -> None:
    """Exit code 2, and the place."""
    file = tmp_path / "heapwise.toml"
    file.write_text(text)
    found = heapwise("gate", "old-0.hw", "--config", str(file))
    assert found.exit_code == 2
    assert part in found.stderr


def test_every_form_for_ci_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JUnit, SARIF, the job's summary and the notes in its log."""
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    files = [tmp_path / name for name in ("gate.xml", "gate.sarif", "gate.md")]
    junit, sarif, markdown = map(str, files)
    found = heapwise(
        "gate", *side("new"), *bases("old"), "--fail-on", "bytes/req > +5%", "--junit", junit,
        "--sarif", sarif, "--markdown", markdown,
    )  # fmt: skip
    assert JUnitXml.fromfile(junit).failures == 1
    assert json.loads(files[1].read_text())["runs"][0]["results"][0]["ruleId"] == "gate/bytes/work"
    assert summary.read_text() == files[2].read_text()
    assert "::error title=heapwise%3A bytes/req > +5%25::B/req:" in found.stdout


def test_a_verification_is_judged_by_its_own_settings(tmp_path: Path) -> None:
    """Its sides are named as it names them, and a smaller alpha widens the interval."""
    base, new = [100.0 + number for number in range(8)], [108.0 + number for number in range(8)]
    outcomes = []
    for alpha in (0.05, 0.0001):
        place = tmp_path / f"{alpha}.verify"
        settings = Settings(alpha=alpha, keep_recordings=False)
        with journal(place, base, new, settings=settings):
            found = heapwise("gate", str(place), "--fail-on", "bytes/req > +3%")
        assert found.stdout.startswith("base (8 rounds) -> new (8 rounds)\n")
        outcomes.append(found.exit_code)
    assert outcomes == [3, 4]
    assert f"next: heapwise compare {place} --html compared.html" in found.stderr


@pytest.mark.parametrize(
    "damage",
    [{"settings": {"alpha": 0}}, {"settings": {"alpha": 1e308}}, {"sides": []}],
)
def test_a_verification_that_cannot_be_is_damaged(tmp_path: Path, damage: dict[str, Any]) -> None:
    """One line, and no endless search for the rounds that would do."""
    place = tmp_path / "pr.verify"
    with journal(place, [100.0, 100.0], [90.0, 91.0]):
        state = json.loads((place / "verify.json").read_text())
        (place / "verify.json").write_text(json.dumps(state | damage))
    found = heapwise("gate", str(place), "--fail-on", "bytes/req > +5%")
    assert found.exit_code == 1
    assert "verify.json is damaged" in found.stderr


def test_the_new_side_of_a_verification_is_a_baseline(tmp_path: Path) -> None:
    """Its rounds that count, with the fingerprint of its machine."""
    place = tmp_path / "pr.verify"
    measured = analyse(load(Path("new-0.hw")))
    with journal(place, [], [], stopped="all rounds made") as made:
        for number, name in ((1, "base"), (1, "new"), (2, "new"), (2, "base")):
            made.add(attempt(number, name), measured)
        saved = heapwise("baseline", "save", str(place), "--dir", str(tmp_path / "kept"))
    assert (saved.exit_code, Path(saved.stdout.strip()).name) == (0, "main-f00d.json")
    assert "2 rounds saved" in saved.stderr


def test_the_file_of_budgets_is_named_from_the_root(tmp_path: Path) -> None:
    """Where a project file lies in a folder, hosts find it there."""
    Path("ci").mkdir(exist_ok=True)
    Path("ci/heapwise.toml").write_text('[gate]\nfail-on = ["bytes/req > 4KiB"]\n')
    sarif = tmp_path / "gate.sarif"
    heapwise("gate", "old-0.hw", "--config", "ci/heapwise.toml", "--sarif", str(sarif))
    (found,) = json.loads(sarif.read_text())["runs"][0]["results"]
    (place,) = found["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "ci/heapwise.toml"


def test_nothing_is_overwritten() -> None:
    """Without --force."""
    found = heapwise("gate", "old-0.hw", "--fail-on", "bytes/req > 6KiB", "--junit", "old-0.hw")
    assert found.exit_code == 2
    assert "exists already" in found.stderr


def test_a_run_without_figures_is_no_baseline(tmp_path: Path) -> None:
    """Interrupted before its second fence."""
    cut = make_recording(tmp_path / "cut.hw", finish=False, **THIN)
    found = heapwise("baseline", "save", str(cut), "--dir", "kept-not")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "cut.hw is no whole run: it is interrupted" in found.stderr
