"""What each step of the lab's stream is worth: decoding, the collector, inserts, and a broker.

    python benchmarks/labs/stream.py

Every way to decode runs as a whole process without the agent, taking turns, out of a log in warm
caches. The rate is the program's own, per second of CPU between its first message and its last
commit, since others may have the machine meanwhile; the best round counts, since they can only
take from it. Inserts are timed alone: one for every row would drown all else. What is diagnosed is
recorded apart. It takes about four minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from recorded import recorded  # noqa: E402 - a file beside us
from table import Row, report  # noqa: E402 - the same

from heapwise.lab.components.base import provided  # noqa: E402 - after its neighbour
from heapwise.lab.inputs import input_of  # noqa: E402 - the same
from heapwise.lab.library import find_case  # noqa: E402 - the same
from heapwise.lab.spec import JobLab  # noqa: E402 - the same

CASE = find_case("stream")
assert isinstance(CASE.lab, JobLab)
LAB = CASE.lab
SCALE = LAB.check.scale
ROUNDS = 3

WAYS = {
    "json dict": "--decode=dict",
    "json dict, threshold": "--decode=dict --collector=threshold",
    "json dict, frozen": "--decode=dict --collector=frozen",
    "json dict, both": "--decode=dict --collector=frozen-threshold",
    "typed": "--decode=typed",
    "untracked": "--decode=untracked",
    "thin": "--decode=thin",
    "msgpack, thin": "--decode=msgpack",
    "protobuf, all fields": "--decode=protobuf",
}

PLANTED = ["HW902", "HW907", "HW912"]

_INSERTS = """
import json, sys, time
from contextlib import closing
from sinks import open_sink
from consumer import insert_batch, insert_rows
row = ("2023-11-14 22:13:20", 3, "eu-north", "pro", 2, 0, 1001, -5)
with closing(open_sink(sys.argv[1])) as sink:
    for size, count in ((1, 300), (1000, 20_000), (10_000, 100_000), (100_000, 300_000)):
        rows = [(key, *row) for key in range(count)]
        insert = insert_rows if size == 1 else insert_batch
        best = 0.0
        for _ in range(3):
            sink.empty()
            start = time.perf_counter()
            for first in range(0, count, size):
                insert(sink, rows[first : first + size])
            best = max(best, count / (time.perf_counter() - start))
        print(json.dumps([size, best]))
"""


class Ran(NamedTuple):
    """One run of the stream.

    Attributes:
        rate: messages per second of CPU.
        wall: messages per second.
        share: of the time, that the collector took.
        pause: its longest, ms.
        size: of a message, bytes.
    """

    rate: float
    wall: float
    share: float
    pause: float
    size: float


def consumed(logs: Path, words: list[str], source: str = "", program: str = "consumer.py") -> Ran:
    """Run the stream over the log once."""
    with tempfile.TemporaryDirectory() as folder:
        told = run(
            program, "--source", source or f"file:{logs}", "--offsets", folder,
            "--sink", f"sqlite:{folder}/table", "--insert", "batch", "--drain",
            "--rounds", "5", "--seconds", "0.05", *words,
        )  # fmt: skip
    said = json.loads(told.splitlines()[-1])
    assert said["work"] == SCALE, said
    guard = said["guard"]
    return Ran(
        guard["messages_per_cpu_second"],
        guard["messages_per_second"],
        guard["gc_share"],
        guard["longest_pause_ms"],
        guard["message_bytes"],
    )


def run(program: str, *words: str) -> str:
    """What a program of the lab prints."""
    start = [str(CASE.directory / program)] if program.endswith(".py") else ["-c", program]
    environment = {**os.environ, "PYTHONPATH": str(CASE.directory), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, "-B", *start, *words],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def decoding(logs: Path) -> Iterator[Row]:
    """Rate, share of the collector and longest pause of every way."""
    runs: dict[str, list[Ran]] = {name: [] for name in WAYS}
    for _ in range(ROUNDS):
        for name, found in runs.items():
            found.append(consumed(logs, WAYS[name].split()))
    best = {name: max(found) for name, found in runs.items()}
    how = f"best of {ROUNDS} processes each, taking turns, {SCALE:,} messages, no agent, CPU time"
    for name, ran in best.items():
        yield Row(name, ran.rate / 1000, "k msg/s", "", None, how)
    for name, ran in best.items():
        yield Row(f"{name}: GC", 100 * ran.share, "%", "", None, f"{how}; of the time")
    for name, ran in best.items():
        yield Row(f"{name}: longest pause", ran.pause, "ms", "", None, how)
    yield from _judged(best, how)


def _judged(best: dict[str, Ran], how: str) -> Iterator[Row]:
    """What the case is about."""
    first, last = best["json dict"], best["msgpack, thin"]
    gain = last.rate / first.rate
    yield Row("decode and batch, msgpack / json dict", gain, "×", ">= 8", gain >= 8, how)
    more = best["typed"].share / first.share
    yield Row("share of GC, typed / json dict", more, "×", "> 1.3", more > 1.3, how)
    gone = last.share < 0.01
    yield Row("GC, msgpack", 100 * last.share, "%", "< 1", gone, how)
    settings = best["json dict, both"].rate / first.rate
    yield Row("json dict, both / default", settings, "×", "< 2", settings < 2, how)
    schema = best["protobuf, all fields"].rate / first.rate
    yield Row("protobuf, all fields / json dict", schema, "×", "< 2", schema < 2, how)
    saved = 1 - last.size / first.size
    yield Row("bytes saved by msgpack", 100 * saved, "%", "", None, "of a message as sent")
    saved = 1 - best["protobuf, all fields"].size / first.size
    yield Row("bytes saved by protobuf", 100 * saved, "%", "", None, "of a message as sent")


def inserting() -> Iterator[Row]:
    """Rows per second, one at a time and many at once."""
    with (
        tempfile.TemporaryDirectory() as folder,
        provided("clickhouse", Path(folder), require_real=True, announce=print) as running,
    ):
        lines = run(_INSERTS, running.place).splitlines()
    rates: dict[int, float] = dict(json.loads(line) for line in lines)
    how = f"best of 3, {running.what}"
    for size, rate in rates.items():
        yield Row(f"insert, {size:,} at once", rate, "rows/s", "", None, how)
    gain = rates[10_000] / rates[1]
    yield Row("insert, 10,000 / 1 at once", gain, "×", ">= 300", gain >= 300, how)


def brokered(logs: Path) -> Iterator[Row]:
    """The best broker there is, to the end: joining the group included."""
    with (
        tempfile.TemporaryDirectory() as folder,
        provided("broker", Path(folder), require_real=False, announce=print) as running,
    ):
        words = ["--decode=msgpack", "--logs", str(logs), "--seconds=0.5"]
        ran = consumed(logs, words, running.place, "replay.py")
    yield Row("msgpack, out of a broker", ran.wall / 1000, "k msg/s", "", None, running.what)


def diagnosis() -> Iterator[Row]:
    """What is found, what is not, and whether a promise was kept."""
    runs = recorded(CASE.name, SCALE, "before", "typed", "after")
    how = f"heapwise lab run, {SCALE:,} messages, one run each"
    codes = {name: [each["code"] for each in found["findings"]] for name, found in runs.items()}
    named = set(PLANTED) <= set(codes["before"][:3])
    yield Row(f"{', '.join(PLANTED)} in the top 3 of before", float(named), "", "1", named, how)
    gone = set(PLANTED).isdisjoint(codes["after"])
    yield Row("none of them on after", float(gone), "", "1", gone, how)
    (found,) = (each for each in runs["before"]["findings"] if each["code"] == "HW902")
    saved = runs["before"]["per_work"]["bytes"] - runs["typed"]["per_work"]["bytes"]
    ratio = found["gain_bytes_per_work"] / saved
    fits = 0.7 <= ratio <= 1.3
    yield Row("HW902, promised / saved by typed", ratio, "×", "0.7 .. 1.3", fits, how)


def main() -> None:
    """Print the table and keep it."""
    (HERE / "stream").mkdir(exist_ok=True)
    logs = input_of(CASE, LAB, SCALE, announce=lambda text: print(text, file=sys.stderr))
    report("labs/stream", [*decoding(logs), *inserting(), *brokered(logs), *diagnosis()])


if __name__ == "__main__":
    main()
