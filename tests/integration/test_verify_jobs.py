"""``heapwise verify --job``: rounds of two programs that run to their end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAPWISE = str(Path(sys.executable).with_name("heapwise"))

PROGRAM = """
import sys
from heapwise_agent import work
for number in range(4000):
    [str(number) * 5 for _ in range(int(sys.argv[1]))]
    work("row")
sys.exit(int(sys.argv[2]))
"""


def verify(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, with a program to compare beside it."""
    (tmp_path / "program.py").write_text(PROGRAM)
    return subprocess.run(
        [HEAPWISE, "verify", *words],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def side(count: int, code: int = 0) -> str:
    """The command of a side: so many strings a row, and how it ends."""
    return f"{sys.executable} program.py {count} {code}"


def test_a_change_of_a_job_is_proved_per_row(tmp_path: Path) -> None:
    """Half the strings are half the allocations; its rate is one of the questions."""
    done = verify(
        tmp_path, "--job", "--base", side(40), "--new", side(20), "--rounds", "6",
        "-cooldown", "0s", "--json", "--no-log", "-o", "v.verify",
    )  # fmt: skip
    assert done.returncode in (0, 4), done.stderr  # 4: timings of a busy machine
    comparison = json.loads(done.stdout)["data"]["comparison"]
    rows = {row["metric"]: row for row in comparison["rows"]}
    assert comparison["work_unit"] == "row"
    assert rows["allocs/work"]["verdict"] == "better"
    assert rows["allocs/work"]["delta"] == pytest.approx(-0.48, abs=0.03)
    assert rows["work.rate"]["role"] == "primary"
    assert rows["elapsed"]["role"] != "primary"


def test_the_job_of_a_recording_is_the_old_side(tmp_path: Path) -> None:
    """`--like` knows what ran, and that it is a job; nothing has to be said twice."""
    verify(tmp_path)  # writes the program
    recorded = subprocess.run(
        [HEAPWISE, "job", "-q", "-o", "old.hw", "--", *side(40).split()],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert recorded.returncode == 0, recorded.stderr
    done = verify(
        tmp_path, "--like", "old.hw", "--new", side(40), "--rounds", "2", "-cooldown", "0s",
        "--json", "--no-log", "-o", "v.verify",
    )  # fmt: skip
    state = json.loads(done.stdout)["data"]["state"]
    assert state["sides"][0]["command"] == side(40)
    assert len(state["attempts"]) >= 4


def test_a_job_that_fails_ends_the_verification(tmp_path: Path) -> None:
    """Figures of half the work are no rounds; the line says which side, and where its words are."""
    done = verify(
        tmp_path, "--job", "--base", side(10), "--new", side(10, 3), "--rounds", "2", "-cooldown",
        "0s", "--no-log", "-o", "v.verify",
    )  # fmt: skip
    assert done.returncode == 1
    assert "the job of new failed" in done.stderr
    assert "code 3" in done.stderr
    assert "v.verify/round-01-new.hw" in done.stderr


@pytest.mark.parametrize("word", ["-rate=5", "http://127.0.0.1:1/", "-duration=5s"])
def test_a_job_gets_no_load(tmp_path: Path, word: str) -> None:
    """What would make one is refused by name."""
    done = verify(tmp_path, "--job", "--base", side(1), "--new", side(1), word)
    assert done.returncode == 2
    assert word.partition("=")[0] in done.stderr
    assert "a job gets none" in done.stderr
