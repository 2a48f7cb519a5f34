"""The orders of the etl lab are the same for a seed, as awkward as real ones, and cut right."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import UsageError
from heapwise.lab.library import CASES, find_case
from heapwise.lab.room import must_fit
from heapwise.lab.spec import JobLab

SCRIPT = CASES / "etl" / "generate_orders.py"
TEXT = st.text(st.sampled_from('ab",\n\r '), max_size=12)
ROWS = st.lists(st.tuples(st.integers(0, 99).map(str), TEXT, TEXT), max_size=30)


@pytest.fixture(scope="module")
def parallel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The lab's program that cuts files; it imports its neighbours by name."""
    pytest.importorskip("psycopg", reason="psycopg is part of heapwise[labs]")
    pytest.importorskip("heapwise_agent", reason="the agent is part of heapwise[labs]")
    programs = tmp_path_factory.mktemp("etl") / "src"  # nothing is written beside those we ship
    shutil.copytree(CASES / "etl", programs, ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(programs))
        import copy_parallel  # noqa: PLC0415 - a lab's sources are no package

        yield copy_parallel


def generate(out: Path, *, seed: int = 1, scale: int = 5000) -> subprocess.CompletedProcess[str]:
    """Make a file as the lab does."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), "--seed", str(seed), "--scale", str(scale), str(out)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def read(path: Path) -> list[list[str]]:
    """Every row of a file, header included."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_a_seed_gives_one_file(tmp_path: Path) -> None:
    """The same bytes twice, others for another seed, and nothing but the file is left."""
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        assert generate(tmp_path / name, seed=seed).returncode == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "same").read_bytes()
    assert (tmp_path / "one").read_bytes() != (tmp_path / "other").read_bytes()
    assert len(list(tmp_path.iterdir())) == 3


def test_orders_are_as_awkward_as_real_ones(tmp_path: Path) -> None:
    """Six columns, 88 B a row, notes over two lines, with quotes and commas, and without text."""
    path = tmp_path / "orders.csv"
    assert generate(path).returncode == 0
    header, *rows = read(path)
    assert header == ["id", "placed_at", "customer", "country", "amount", "note"]
    assert len(rows) == 5000
    assert {len(row) for row in rows} == {6}
    assert [int(row[0]) for row in rows] == list(range(10_000_001, 10_005_001))
    assert path.stat().st_size / 5000 == pytest.approx(88, rel=0.03)
    notes = [row[5] for row in rows]
    assert 50 < sum("\n" in note for note in notes) < 200
    assert sum('"' in note and "," in note for note in notes) > 100
    assert sum(not note for note in notes) > 500
    assert any(not row[2].isascii() for row in rows)
    assert any(row[2] != row[2].strip() for row in rows)


def test_room_is_asked_for_before_anything_is_written() -> None:
    """The lab needs the file, its table and the table's log: four times 88 B a row."""
    lab = find_case("etl").lab
    assert isinstance(lab, JobLab)
    assert lab.job.input.disk == 4 * 88
    with pytest.raises(UsageError, match=r"not enough disk.*--scale \d+ fits"):
        must_fit(lab, lab.ladder, 10**12)


@given(rows=ROWS, count=st.integers(1, 5))
def test_a_cut_file_has_every_row_once(
    parallel: ModuleType, tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]],
    count: int,
) -> None:  # fmt: skip
    """However it is cut, and whatever is quoted: parts are the file, row by row and in order."""
    path = tmp_path_factory.getbasetemp() / "cut.csv"
    text = io.StringIO()
    csv.writer(text).writerows([("id", "customer", "note"), *rows])
    path.write_bytes(text.getvalue().encode())
    parts = parallel.parts(path, count)
    assert len(parts) == count
    assert [row for part in parts for row in csv.reader(part.lines())] == read(path)[1:]


def test_a_part_ends_with_its_last_byte(parallel: ModuleType, tmp_path: Path) -> None:
    """Where the next part begins with a line, this one does not read it as well."""
    path = tmp_path / "cut.csv"
    path.write_bytes(b"id\n" + b"".join(b"%03d\n" % number for number in range(1000)))
    for count in (2, 3, 7):
        lines = [line for part in parallel.parts(path, count) for line in part.lines()]
        assert lines == [f"{number:03}\n" for number in range(1000)]
