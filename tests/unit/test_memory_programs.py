"""The memory lab's ways to read and to keep: equal answers, and no more memory than was allowed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.lab.library import find_case

pytest.importorskip("ijson", reason="the lab's streaming variant needs ijson")

DIRECTORY = find_case("memory").directory
MODULES = ("pages", "scoring")
SCALE = 1200
RECORDS = SCALE // 3


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The lab's modules, from a copy: they are no package, and nothing is written beside them."""
    copy = tmp_path_factory.mktemp("lab") / "src"
    shutil.copytree(DIRECTORY, copy, ignore=shutil.ignore_patterns("__pycache__"))
    sys.path.insert(0, str(copy))
    shadowed = {name: sys.modules.pop(name) for name in MODULES if name in sys.modules}
    yield {name: import_module(name) for name in MODULES}
    sys.path.remove(str(copy))
    for name in MODULES:
        del sys.modules[name]
    sys.modules.update(shadowed)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The input for a small run."""
    return generated(tmp_path_factory.mktemp("memory") / "input")


def generated(out: Path, seed: int = 1) -> Path:
    """Make the input."""
    command = [sys.executable, "-B", str(DIRECTORY / "generate_exports.py"), "--seed", str(seed)]
    subprocess.run([*command, "--scale", str(SCALE), str(out)], check=True)
    return out


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_seed_gives_the_same_exports_and_requests(made: Path, tmp_path: Path) -> None:
    """The same again, and another with another seed; nothing half made lies beside it."""
    again, other = generated(tmp_path / "again"), generated(tmp_path / "other", seed=2)
    assert contents(made) == contents(again)
    assert contents(made).keys() == contents(other).keys()
    assert contents(made) != contents(other)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "other"]


def test_both_forms_of_an_export_hold_the_same_records(made: Path) -> None:
    """An array, and a record a line; the last export has a record for three requests."""
    for number, share in enumerate((8, 4, 1)):
        array = json.loads((made / f"export-{number}.json").read_text("utf-8"))
        lines = (made / f"export-{number}.ndjson").read_text("utf-8").splitlines()
        assert array == [json.loads(line) for line in lines]
        assert len(array) == RECORDS // share


def test_every_way_reads_every_record(programs: dict[str, Any], made: Path) -> None:
    """The count and the sum, to the last bit: all add up in the same order."""
    for number in range(3):
        array = json.loads((made / f"export-{number}.json").read_text("utf-8"))
        total = 0.0
        for record in array:
            total += record["score"]
        for name, score in programs["scoring"].CHOICES.items():
            assert score(made / f"export-{number}") == (len(array), total), name


REQUESTS = st.lists(st.integers(0, 40).map(str), max_size=200)


@given(REQUESTS)
def test_every_way_to_keep_pages_answers_alike(
    programs: dict[str, Any], requests: list[str]
) -> None:
    """Whatever it remembers."""
    for make in programs["pages"].CHOICES.values():
        way = make()
        assert [way.answer(key) for key in requests] == [
            programs["pages"].render(key) for key in requests
        ]


@given(REQUESTS, st.integers(1, 12))
def test_a_bounded_cache_drops_what_was_asked_for_longest_ago(
    programs: dict[str, Any], requests: list[str], room: int
) -> None:
    """It is never above its bytes, and a hit is what a list of the last pages would have had."""
    pages = programs["pages"]
    each = pages._size("10", pages.render("10"))
    bounded = pages.Bounded(room * each)
    last: list[str] = []
    hits = 0
    for key in (f"{int(key) + 10}" for key in requests):  # keys of one length, so pages of one size
        hits += key in last
        last = [*(other for other in last if other != key), key][-room:]
        bounded.answer(key)
        assert list(bounded._pages) == last
        assert bounded._size == len(last) * each <= room * each
    assert bounded.hits == hits


def test_a_page_has_a_kilobyte(programs: dict[str, Any]) -> None:
    """The arithmetic of the lab's limit rests on it."""
    assert 900 < len(programs["pages"].render("1234567")) < 1100


def served(made: Path, *arguments: str) -> dict[str, Any]:
    """What the program says at its end."""
    command = [
        sys.executable,
        "-B",
        str(DIRECTORY / "page_service.py"),
        "--input",
        str(made),
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def test_before_and_after_serve_alike(made: Path) -> None:
    """Records, sum, answers and work; the hit ratio too, where everything fits."""
    before = served(made)
    assert before["work"] == SCALE
    assert before["result"]["records"] == RECORDS // 8 + RECORDS // 4 + RECORDS
    assert 0 < before["guard"]["hit_ratio"] < 1
    assert served(made, "--records", "streamed", "--keep", "bytes") == before
