"""``heapwise job``: real programs, from their first moment to their last."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heapwise.lab.ports import free_ports

HEAPWISE = str(Path(sys.executable).with_name("heapwise"))

ROWS = """
import atexit, sys
from heapwise_agent import work
KEPT = []
for number in range(int(sys.argv[1])):
    KEPT.append(bytes(int(sys.argv[2])))
    work("row")
atexit.register(lambda: (work("row", 7), print("flushed")))
print("rows", number + 1)
"""

POOL = """
import multiprocessing, sys
from heapwise_agent import work
def part(count):
    for _ in range(count):
        bytes(5000)
        work("file")
    return count
if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(sum(pool.map(part, [3000, 3000])))
        pool.close()
        pool.join()
"""


def job(
    tmp_path: Path, source: str, *words: str, options: tuple[str, ...] = ()
) -> tuple[subprocess.CompletedProcess[str], dict[str, float]]:
    """Run a Python program as a job; what the command said, and its figures."""
    script = tmp_path / "program.py"
    script.write_text(source)
    done = subprocess.run(
        [HEAPWISE, "job", "--json", "-o", str(tmp_path / "job.hw"), "--force", *options, "--",
         sys.executable, str(script), *words],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    report = json.loads(done.stdout)["data"] if done.stdout else {"metrics": []}
    figures = {each["metric"]: each["value"] for each in report["metrics"]}
    figures["work"] = (report.get("per_work") or {}).get("work", {}).get("count")
    return done, figures


def test_costs_are_given_by_row_from_the_first_moment_to_the_last(tmp_path: Path) -> None:
    """What the program counts while it is flushed at its end is counted as well."""
    _, small = job(tmp_path, ROWS, "20000", "1000")
    done, figures = job(tmp_path, ROWS, "20000", "3000")
    assert done.returncode == 0, done.stderr
    assert figures["work"] == 20_007
    more = figures["bytes/work"] - small["bytes/work"]
    assert more == pytest.approx(2000 * 20_000 / 20_007, rel=0.01)
    assert figures["work.rate"] == pytest.approx(20_007 / (figures["elapsed"] / 1e9), rel=0.01)


def test_what_the_program_prints_is_kept_and_passed_on(tmp_path: Path) -> None:
    """Standard output is the report's, so it goes to standard error."""
    done, _ = job(tmp_path, ROWS, "100", "10")
    assert "rows 100" in done.stderr
    assert (tmp_path / "job.hw" / "stdout.log").read_text().split() == ["rows", "100", "flushed"]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_what_ended_workers_did_is_in_the_totals(tmp_path: Path, method: str) -> None:
    """A pool's processes are gone before the job ends; their work and bytes are not."""
    done, figures = job(tmp_path, POOL, method)
    assert done.returncode == 0, done.stderr
    assert figures["work"] == 6000
    assert 5033 <= figures["bytes/work"] < 8000


def test_a_job_that_counts_nothing_is_measured_as_one_run(tmp_path: Path) -> None:
    """Its costs are those of the whole run."""
    done, figures = job(tmp_path, "blocks = [bytes(10_000) for _ in range(1000)]\n")
    assert done.returncode == 0, done.stderr
    assert figures["work"] == 1
    assert figures["bytes/work"] == pytest.approx(10_033 * 1000, rel=0.02)


def test_a_job_that_is_killed_is_an_estimate_up_to_its_last_reading(tmp_path: Path) -> None:
    """Readings and profiles of the time before stay good, and the report says what they lack."""
    source = (
        "import os, time\nfrom heapwise_agent import work\nkept = []\n"
        "for number in range(30):\n    kept.append(bytes(100_000)); work('row'); time.sleep(0.1)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done, figures = job(tmp_path, source)
    assert done.returncode == 1
    assert 5 <= figures["work"] <= 30
    assert "estimate: the job did not wait at its end" in done.stdout
    assert "was ended by signal 9" in done.stdout


def test_a_failed_job_is_told_with_its_last_words(tmp_path: Path) -> None:
    """Its figures are whole all the same: it was held at its end."""
    done, figures = job(tmp_path, "kept = bytes(3_000_000)\nraise SystemExit('no such table')\n")
    assert done.returncode == 1
    assert "no such table" in done.stdout
    assert figures["bytes/work"] > 3_000_000


def test_a_program_that_cannot_be_measured_is_one_clear_line(tmp_path: Path) -> None:
    """It says what each kind of program needs."""
    done = subprocess.run(
        [HEAPWISE, "job", "-o", str(tmp_path / "job.hw"), "--", "true"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "before it could be measured" in done.stderr
    assert "heapwise-agent" in done.stderr
    assert not (tmp_path / "job.hw").exists()


def test_ctrl_c_ends_the_program_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    """The recording says that it was interrupted, and nothing is left running."""
    script = tmp_path / "program.py"
    script.write_text(
        "import os, time\nprint(os.getpid(), flush=True)\n"
        "while True: bytes(1000); time.sleep(0.01)\n"
    )
    started = subprocess.Popen(
        [HEAPWISE, "job", "-q", "-o", str(tmp_path / "job.hw"), "--", sys.executable, str(script)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    printed = tmp_path / "job.hw" / "stdout.log"
    deadline = time.monotonic() + 30
    while not (printed.exists() and printed.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=30)
    assert started.returncode == 130, said
    assert not Path(f"/proc/{int(printed.read_text())}").exists()
    again = subprocess.run(
        [HEAPWISE, "report", str(tmp_path / "job.hw")],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert "interrupted" in again.stdout


def test_a_counter_elsewhere_counts_in_the_place_of_the_program(tmp_path: Path) -> None:
    """Any page that carries the count will do, here the agent's own with another unit's name."""
    source = ROWS.replace("print(", "import time; time.sleep(1.2); print(")
    done, figures = job(
        tmp_path,
        source,
        "500",
        "10",
        options=("--unit", "line", "--work-counter", "127.0.0.1:1/x#y"),
    )
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stderr
    assert figures["work"] is None


def test_a_consumer_is_measured_by_the_messages_that_it_counts(tmp_path: Path) -> None:
    """It is fed from elsewhere, and never ends: the counter is read beside the fences."""
    script = tmp_path / "consumer.py"
    script.write_text(
        "import time\nfrom heapwise_agent import work\n"
        "while True:\n    for _ in range(50): bytes(5000); work('msg')\n    time.sleep(0.01)\n"
    )
    (port,) = free_ports(1)
    place = f"127.0.0.1:{port}"
    done = subprocess.run(
        [HEAPWISE, "run", "--work-counter", f"http://{place}/debug/vars#heapwise.work.msg",
         "--service", place, "-duration", "2s", "--json", "-o", str(tmp_path / "run.hw"),
         "--exec", f"{sys.executable} -m heapwise_agent run -q --address {place} {script}"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)["data"]
    figures = {each["metric"]: each["value"] for each in report["metrics"]}
    assert report["work_unit"] == "msg"
    assert figures["bytes/work"] == pytest.approx(5033, rel=0.1)
    assert 500 < figures["work.rate"] < 5000
