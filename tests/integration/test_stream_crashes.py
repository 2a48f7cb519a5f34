"""The stream loses nothing and stores nothing twice, however it ends, with every broker."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from heapwise.errors import ToolchainError
from heapwise.lab.components.base import Provider
from heapwise.lab.components.broker import PROVIDERS
from support.stream_lab import DIRECTORY, consumer_words, programs, run

pytest.importorskip("heapwise_agent", reason="the consumer counts its work with the agent")

COUNT = 4000
BATCH = 100

# The consumer, which kills itself at one of the two worst moments: before or behind its third
# insert, with no offset committed for it.
_KILLED = """
import os, signal, sys
directory, moment, *sys.argv[1:] = sys.argv[1:]
sys.path.insert(0, directory)
import consumer
insert, inserts = consumer.INSERTS["batch"], 0
def insert_or_die(sink, rows):
    global inserts
    inserts += 1
    if inserts < 3 or moment == "behind":
        insert(sink, rows)
    if inserts == 3:
        os.kill(os.getpid(), signal.SIGKILL)
consumer.INSERTS["batch"] = insert_or_die
consumer.main()
"""


@pytest.fixture(scope="module")
def alarms(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, tuple[int, int]]]:
    """A log in which every message is an alarm, and what a table must hold of it."""
    directory = tmp_path_factory.mktemp("alarms")
    counts, sums = Counter[str](), Counter[str]()
    with programs() as lab, closing(lab.logs.LogWriter(directory, "json")) as log:
        for message in lab.generate.messages(5, COUNT):
            message.kind, message.user = lab.messages.ALARM, message.user % 100
            counts[message.region] += 1
            sums[message.region] += message.value
            log.append([msgspec.json.encode(message)])
    return directory, {region: (counts[region], sums[region]) for region in counts}


@pytest.fixture(
    scope="module", params=PROVIDERS, ids=lambda each: f"{type(each).__name__}-{each.kind.name}"
)
def broker(
    request: pytest.FixtureRequest,
    alarms: tuple[Path, dict[str, tuple[int, int]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A broker of each kind that can be started here, with the alarms in it."""
    provider: Provider = request.param
    if reason := provider.missing():
        pytest.skip(reason)
    with ExitStack() as stack:
        try:
            running = stack.enter_context(provider.start(tmp_path_factory.mktemp("broker")))
        except ToolchainError as error:  # its jars cannot be fetched here
            pytest.skip(str(error))
        done = run("produce.py", alarms[0], "json", running.place)
        assert done.returncode == 0, done.stderr
        yield running.place


def stored(table: Path) -> dict[str, tuple[int, int]]:
    """Count and sum of the values by region; empty where there is no table yet."""
    question = "SELECT region, count(*), sum(value) FROM alarms GROUP BY region"
    with closing(sqlite3.connect(table)) as connection, suppress(sqlite3.OperationalError):
        return {region: (count, total) for region, count, total in connection.execute(question)}
    return {}


def rows(table: Path) -> int:
    """How many rows a table has."""
    return sum(count for count, _ in stored(table).values())


def await_rows(table: Path, count: int) -> None:
    """Wait until a table has so many."""
    deadline = time.monotonic() + 60
    while rows(table) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert rows(table) >= count


def drained(source: str, table: Path, group: str) -> dict[str, Any]:
    """What a consumer tells that runs until nothing is left."""
    words = consumer_words(
        source, table, "--group", group, "--member", "one", "--batch", BATCH, "--seconds", 0.5,
        "--decode", "thin", "--drain", "--patience", 30,
    )  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


@pytest.mark.parametrize("moment", ["before", "behind"])
def test_killed_at_an_insert_nothing_is_lost_or_doubled(
    broker: str, alarms: tuple[Path, dict[str, tuple[int, int]]], tmp_path: Path, moment: str
) -> None:
    """What was not committed comes again; what of it was stored, the key of its rows absorbs."""
    table = tmp_path / "alarms.sqlite"
    words = consumer_words(
        broker, table, "--group", moment, "--member", "one", "--batch", BATCH, "--decode", "thin"
    )
    words[1:3] = ["-B", "-c", _KILLED, str(DIRECTORY), moment]
    killed = subprocess.run(words, capture_output=True, text=True, check=False, timeout=90)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    before = rows(table)
    assert 0 < before <= 3 * BATCH
    report = drained(broker, table, moment)
    assert (report["work"] + before > COUNT) == (moment == "behind")  # then some came twice
    assert stored(table) == alarms[1]
    assert report["guard"]["lag"] == 0


def test_told_to_stop_it_stores_and_commits_what_it_has(
    broker: str, alarms: tuple[Path, dict[str, tuple[int, int]]], tmp_path: Path
) -> None:
    """On SIGTERM the batch at hand is dealt with; the next run goes on right behind it."""
    table = tmp_path / "alarms.sqlite"
    words = consumer_words(
        broker, table, "--group", "told", "--member", "one", "--batch", BATCH, "--seconds", 0.2,
        "--decode", "thin",
    )  # fmt: skip
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            await_rows(table, BATCH)
            process.send_signal(signal.SIGTERM)
            told = json.loads(process.communicate(timeout=30)[0].splitlines()[-1])
        finally:
            process.kill()
    assert process.returncode == 0
    assert told["work"] == rows(table) >= BATCH
    assert told["guard"]["lag"] == COUNT - told["work"]
    assert told["guard"]["lag_unexplained"] == 0
    report = drained(broker, table, "told")
    assert report["work"] + told["work"] == COUNT  # nothing came twice
    assert stored(table) == alarms[1]


def test_another_member_takes_over_from_one_that_is_killed(
    broker: str, alarms: tuple[Path, dict[str, tuple[int, int]]], tmp_path: Path
) -> None:
    """Partitions and messages of a killed member go to the other; the table is none the wiser."""
    if broker.startswith("file:"):
        pytest.skip("a log in files has one reader at a time")
    if broker.startswith("kafka:") and os.environ.get("HEAPWISE_FULL") != "1":
        pytest.skip("Kafka gives a silent member up after 6 s; HEAPWISE_FULL=1 waits for it")
    table = tmp_path / "alarms.sqlite"
    words = consumer_words(
        broker, table, "--group", "two", "--batch", 10, "--seconds", 0.2, "--decode", "thin"
    )
    other = [*words, "--drain", "--patience", "30"]
    with (
        subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first,
        subprocess.Popen(other, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as second,
    ):
        try:
            await_rows(table, BATCH)
            first.kill()
            said = second.communicate(timeout=60)[1]
        finally:
            first.kill()
            second.kill()
    assert second.returncode == 0, said
    assert stored(table) == alarms[1]


def test_a_batch_that_does_not_fill_is_stored_in_time(tmp_path: Path) -> None:
    """What came within the time of a batch is stored, though it is far from full."""
    table = tmp_path / "alarms.sqlite"
    with programs() as lab, closing(lab.logs.LogWriter(tmp_path / "log", "json")) as log:
        made = list(lab.generate.messages(5, 15))
        for message in made:
            message.kind, message.user = lab.messages.ALARM, 1
        log.append([msgspec.json.encode(message) for message in made[:10]])
        words = consumer_words(f"file:{tmp_path / 'log'}", table, "--seconds", 0.2)
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            try:
                await_rows(table, 10)
                log.append([msgspec.json.encode(message) for message in made[10:]])
                await_rows(table, 15)
                process.terminate()
                told = json.loads(process.communicate(timeout=30)[0].splitlines()[-1])
            finally:
                process.kill()
    assert (told["work"], told["guard"]["lag"]) == (15, 0)


@pytest.mark.parametrize(
    ("message", "words", "said"),
    [
        (b"{", (), "Input data was truncated"),
        (b'{"at": "x"}', ("--decode", "typed"), "Expected `int`, got `str` - at `$.at`"),
        (
            b"{}",
            ("--sink", "chdb"),
            "--sink must be clickhouse://…, chdb:… or sqlite:…, not 'chdb'",
        ),
        (b"{}", ("--source", "file:/nowhere"), "No such file"),
        (b"{}", ("--decode", "dict"), "there is no such user: 'kind'"),
    ],
)
def test_what_stops_the_stream_is_told_in_a_line(
    tmp_path: Path, message: bytes, words: tuple[str, ...], said: str
) -> None:
    """A message that cannot be read, or a place that cannot be used: exit code 1, no traceback."""
    with programs() as lab, closing(lab.logs.LogWriter(tmp_path, "json")) as log:
        log.append([message])
    command = consumer_words(f"file:{tmp_path}", tmp_path / "table", "--drain", "--seconds", 0)
    command += ["--decode", "thin", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("consumer: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
