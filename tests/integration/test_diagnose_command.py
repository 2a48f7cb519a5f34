"""``heapwise diagnose`` and ``lint`` on a real recording of a real service, in every format."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.patterns import GO, go_service

pytestmark = pytest.mark.go

CODES = ("HW401", "HW403", "HW501")


def heapwise(*args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "heapwise", *map(str, args)],
        cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording under a load that goes to three patterns in turn."""
    folder = tmp_path_factory.mktemp("diagnose")
    with go_service() as service:
        targets = "\n\n".join(f"GET {service.origin}/{code}/before" for code in CODES)
        (folder / "targets").write_text(targets + "\n")
        done = heapwise(
            "run", "-targets", "targets", "-rate", "60", "-d", "2s", "--warmup", "300ms",
            "--service", service.origin, "--cpu", "-o", "run.hw", "-q", cwd=folder,
        )  # fmt: skip
    assert done.returncode in (0, 4), done.stderr  # 4: latency of a busy machine
    return folder / "run.hw"


def diagnosed(recording: Path, *args: str | Path) -> dict[str, Any]:
    """The diagnosis as data."""
    done = heapwise("diagnose", recording, *args, "--json", cwd=recording.parent)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["kind"] == "diagnosis"
    data: dict[str, Any] = document["data"]
    return data


def test_every_pattern_is_found_on_its_line_with_its_costs(recorded: Path) -> None:
    """The three that ran and no other; the gain never exceeds what the service allocates."""
    diagnosis = diagnosed(recorded, GO)
    findings = diagnosis["findings"]
    assert {each["code"] for each in findings} == set(CODES)
    gains = [each["gain_bytes_per_work"] for each in findings if not each["shares_gain_with"]]
    assert sum(gain or 0.0 for gain in gains) <= diagnosis["per_work"]["bytes"]
    for each in findings:
        assert each["place"]["file"].startswith(each["code"].lower())
        assert each["evidence"]["hits"] > 5
        assert each["cpu_bound"] is None or 0 < each["cpu_bound"] <= 1
    assert diagnosis["source"]["fits"] == pytest.approx(1.0, abs=0.001)
    assert diagnosis["floor"]["value"] > 0


def test_without_source_it_says_what_that_would_add(recorded: Path) -> None:
    """Useful still: the figures, and the next thing to give."""
    diagnosis = diagnosed(recorded)
    assert any("source" in limit for limit in diagnosis["limits"])
    assert diagnosis["per_work"]["bytes"] > 0


def test_source_of_another_commit_is_noticed(recorded: Path, tmp_path: Path) -> None:
    """Lines that moved and files that are gone: the share of the bytes that they make."""
    shutil.copytree(GO, tmp_path / "src")
    moved = next((tmp_path / "src").glob("hw401_*.go"))
    moved.write_text(moved.read_text().replace("package main", "package main\n" + "\n" * 200))
    next((tmp_path / "src").glob("hw403_*.go")).unlink()
    check = diagnosed(recorded, tmp_path / "src")["source"]
    assert check["fits"] < 0.9
    whys = {Path(each["file"]).name[:5]: each["why"] for each in check["mismatches"]}
    assert whys["hw403"] == "not there"
    assert "hw401" in whys
    done = heapwise("diagnose", recorded, tmp_path / "src", cwd=tmp_path)
    assert "does not fit the recording" in done.stdout


def test_a_syntax_error_is_local(recorded: Path, tmp_path: Path) -> None:
    """The file with the error is named, and all others are diagnosed."""
    shutil.copytree(GO, tmp_path / "src")
    broken = next((tmp_path / "src").glob("hw501_*.go"))
    broken.write_text(broken.read_text() + "\nfunc broken( {\n")
    diagnosis = diagnosed(recorded, tmp_path / "src")
    assert {"HW401", "HW403"} <= {each["code"] for each in diagnosis["findings"]}
    assert broken.name in [file for file, _ in diagnosis["source"]["unread"]]


def test_sarif_points_at_the_lines(recorded: Path) -> None:
    """One result a finding, relative to the source, with its rule described."""
    done = heapwise("diagnose", recorded, GO, "-type", "sarif", cwd=recorded.parent)
    (run,) = json.loads(done.stdout)["runs"]
    known = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} == known == set(CODES)
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        text = (GO / place["artifactLocation"]["uri"]).read_text().splitlines()
        assert 1 <= place["region"]["startLine"] <= place["region"]["endLine"] <= len(text)


def test_markdown_and_text_tell_the_same(recorded: Path) -> None:
    """Every code and every file; Markdown written to a file only once."""
    for kind in ("text", "markdown"):
        done = heapwise("diagnose", recorded, GO, "-type", kind, cwd=recorded.parent)
        assert done.returncode == 0
        for code in CODES:
            assert code in done.stdout
        assert "next: heapwise" in done.stderr
    first, second = (
        heapwise("diagnose", recorded, GO, "-type", "markdown", "-o", "d.md", cwd=recorded.parent)
        for _ in range(2)
    )
    assert (first.returncode, second.returncode) == (0, 2)
    assert "exists already" in second.stderr


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("diagnose", "nothing.hw"), 1, "nothing.hw"),
        (("diagnose", "run.hw", "nowhere"), 2, "is no directory"),
        (("lint", "nowhere"), 2, "is no directory"),
    ],
)
def test_bad_input_gets_one_line(
    recorded: Path, args: tuple[str, ...], code: int, says: str
) -> None:
    """What, why and what to do; no traceback."""
    done = heapwise(*args, cwd=recorded.parent)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_lint_says_that_it_has_no_evidence(tmp_path: Path) -> None:
    """Patterns that surely cost, a line each, nothing of costs; and how many it keeps to itself."""
    done = heapwise("lint", GO, cwd=tmp_path)
    assert done.returncode == 0
    assert ": HW401 " in done.stdout
    assert ": HW501 " not in done.stdout
    assert "Nothing here has evidence" in done.stdout
    assert "more patterns are not shown" in done.stdout
