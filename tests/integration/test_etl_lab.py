"""Every way of the etl lab loads the same, and what a loader gets wrong does not pass for it."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from heapwise.lab.components.postgres import PROVIDERS
from heapwise.lab.library import CASES

psycopg = pytest.importorskip("psycopg", reason="psycopg is part of heapwise[labs]")
pytest.importorskip("heapwise_agent", reason="the agent is part of heapwise[labs]")
PROVIDER = next((each for each in PROVIDERS if not each.missing()), None)
if PROVIDER is None:
    pytest.skip(PROVIDERS[0].missing(), allow_module_level=True)

ROWS = 1234
WAYS = [
    "insert_transaction",
    "insert_many",
    "insert_streamed",
    "insert_lean",
    "copy_rows",
    "copy_csv",
    "copy_blocks",
    "copy_binary",
    "copy_parallel",
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL for these tests."""
    assert PROVIDER is not None
    with PROVIDER.start(tmp_path_factory.mktemp("pg")) as running:
        yield running.place


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to load; its number of rows is a multiple of no batch."""
    path = tmp_path_factory.mktemp("orders") / "orders.csv"
    script = CASES / "etl" / "generate_orders.py"
    subprocess.run([sys.executable, script, "--scale", str(ROWS), path], check=True, timeout=60)
    return path


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab's programs where they may be imported: nothing is written beside those we ship."""
    copy = tmp_path_factory.mktemp("etl") / "src"
    shutil.copytree(CASES / "etl", copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def load(program: Path, orders: Path, database: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the lab."""
    return subprocess.run(
        [sys.executable, program, "--input", orders, "--database", database],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def before(programs: Path, orders: Path, database: str) -> dict[str, Any]:
    """What `before` says that it has done."""
    done = load(programs / "insert_rows.py", orders, database)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.fixture
def right(before: dict[str, Any]) -> dict[str, object]:
    """What has to be in the table."""
    result: dict[str, object] = before["result"]
    return result


@pytest.mark.parametrize("way", WAYS)
def test_every_way_loads_the_same(
    way: str, programs: Path, orders: Path, database: str, before: dict[str, Any]
) -> None:
    """Number, sum, first, last and content of the table are equal, and as durable."""
    done = load(programs / f"{way}.py", orders, database)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told == before
    assert told["work"] == told["result"]["rows"] == ROWS
    assert set(told["guard"].values()) == {1}


def test_the_table_holds_what_the_file_says(programs: Path, orders: Path, database: str) -> None:
    """Read back value by value: what every way agrees on is also right."""
    load(programs / "copy_blocks.py", orders, database)
    with psycopg.connect(database) as connection:
        query = "SELECT id::text, customer, country, amount::text, note FROM orders ORDER BY id"
        stored = connection.execute(query).fetchall()
    with orders.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert stored == [
        (
            row["id"],
            " ".join(row["customer"].split()),
            row["country"].upper(),
            row["amount"],
            row["note"] or None,
        )
        for row in rows
    ]


def without_its_tail(lines: list[str]) -> Iterator[str]:
    """Batches that are sent when they are full; nobody sends the last one."""
    batch = []
    for row in csv.reader(lines):
        batch.append(as_line(row))
        if len(batch) == 1000:
            yield from batch
            batch = []


def of_a_fixed_number(lines: list[str]) -> Iterator[str]:
    """As many rows as the file was thought to have."""
    rows = csv.reader(lines)
    for _ in range(1000):
        yield as_line(next(rows))


def read_twice_at_the_cut(lines: list[str]) -> Iterator[str]:
    """Two readers that each go on until they are past their share."""
    middle = sum(map(len, lines)) // 2
    read = 0
    for number, line in enumerate(lines):
        read += len(line)
        yield line
        if read > middle and line.count('"') % 2 == 0:
            yield from lines[number:]  # the other one begins with the line that held the middle
            return


def with_errors_dropped(lines: list[str]) -> Iterator[str]:
    """Rows that cannot be read are somebody else's trouble."""
    for line in lines:  # by line: a note of two makes two halves
        try:
            number, placed_at, customer, country, amount, note = next(csv.reader([line]))
        except ValueError:
            continue
        yield as_line([number, placed_at, customer, country, amount, note])


def one_lost_and_one_twice(lines: list[str]) -> Iterator[str]:
    """Two mistakes that a count does not see."""
    rows = [as_line(row) for row in csv.reader(lines)]
    yield from chain(rows[:100], rows[101:], rows[200:201])


def as_line(row: Iterable[str]) -> str:
    """A row as CSV."""
    return ",".join('"' + value.replace('"', '""') + '"' for value in row) + "\n"


@pytest.fixture
def copy_blocks(programs: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The lab's fastest program; it imports its neighbours by name."""
    monkeypatch.syspath_prepend(str(programs))
    import copy_blocks  # noqa: PLC0415 - a lab's sources are no package

    module: ModuleType = copy_blocks
    return module


@pytest.mark.parametrize(
    ("broken", "rows"),
    [
        (without_its_tail, 1000),
        (of_a_fixed_number, 1000),
        (read_twice_at_the_cut, ROWS + 1),
        (with_errors_dropped, ROWS),
        (one_lost_and_one_twice, ROWS),
    ],
)
def test_what_a_loader_gets_wrong_is_seen(
    broken: Callable[[list[str]], Iterator[str]],
    rows: int,
    orders: Path,
    database: str,
    right: dict[str, object],
    copy_blocks: ModuleType,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All of them end without an error; where the number of rows is right, the content is not."""
    with orders.open(encoding="utf-8", newline="") as file:
        lines = list(islice(file, 1, None))
    copy_blocks.create(database)
    with psycopg.connect(database) as connection:
        copy_blocks.load(connection, broken(lines))
        durable = copy_blocks.durability(connection)
    copy_blocks.report(database, durable)
    result = json.loads(capsys.readouterr().out)["result"]
    assert result["rows"] == rows
    assert result["content"] != right["content"]


def test_a_file_cut_within_a_note_is_no_quiet_mistake(
    orders: Path, database: str, copy_blocks: ModuleType
) -> None:
    """Whoever cuts at any line break tears a note; the program ends, and stores nothing."""
    with orders.open(encoding="utf-8", newline="") as file:
        lines = list(islice(file, 1, None))
    torn = next(number for number, line in enumerate(lines) if line.count('"') % 2)
    copy_blocks.create(database)
    with pytest.raises(ValueError, match="unpack"), psycopg.connect(database) as connection:
        copy_blocks.load(connection, lines[torn + 1 :])
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (0,)


def test_durability_that_was_bought_is_seen(database: str, copy_blocks: ModuleType) -> None:
    """Commits that do not wait, and a table that a crash empties, are in the guard."""
    copy_blocks.create(database)
    with psycopg.connect(database) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("ALTER TABLE orders SET UNLOGGED")
        durable = copy_blocks.durability(connection)
    assert durable == {
        "fsync": 1, "synchronous_commit": 0, "full_page_writes": 1, "logged": 0,
    }  # fmt: skip
