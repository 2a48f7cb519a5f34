"""The programs of the articles that are broken: heapwise flags each, and leaves its twin alone.

``tests/data/articles/<row>/broken/`` is the code of a row of the casebook, in our own words, with a
comment that says what breaks; its lines to be flagged end in ``want HW801``. Beside it lies
``fixed/``. Where the defect can be seen by running, it is.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from heapwise.runtimes.go.toolchain import find_go
from support.rule_fixtures import Fixture, Marked

ARTICLES = Path(__file__).parents[1] / "data" / "articles"
ROWS = (
    "D-02", "D-04", "E-03", "H-04", "H-05", "H-09", "H-10", "I-04", "I-05", "I-06", "I-07", "J-03",
    "J-05", "K-02", "L-05", "L-08",
)  # fmt: skip
"""Those of the casebook that are code and harmful, and two that are only slow or leak."""


@cache
def flags() -> frozenset[Marked]:
    """What `heapwise lint` says of all the programs, as a user would have it."""
    done = subprocess.run(
        [sys.executable, "-m", "heapwise", "lint", "--json", ARTICLES],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["data"]["findings"]
    places = ((each["place"], each["code"]) for each in found)
    return frozenset(Marked(place["file"], place["line"], code) for place, code in places)


def flagged(row: str, side: str) -> set[Marked]:
    """What is said of one program, with the names of its own directory."""
    below = f"{row}/{side}/"
    return {
        each._replace(file=each.file.removeprefix(below))
        for each in flags()
        if each.file.startswith(below)
    }


@pytest.mark.parametrize("row", ROWS)
def test_a_broken_program_is_flagged_at_its_line(row: str) -> None:
    """With the right code at each marked line, with nothing else, and with at least one."""
    wanted = Fixture(row, "go", "broken", ARTICLES / row / "broken").wanted()
    assert wanted
    assert flagged(row, "broken") == wanted


@pytest.mark.parametrize("row", ROWS)
def test_its_fixed_twin_is_left_alone(row: str) -> None:
    """Nothing is said of the program as it should be."""
    assert (ARTICLES / row / "fixed").is_dir()
    assert flagged(row, "fixed") == set()


def test_every_program_is_of_a_row() -> None:
    """There is no directory that nobody tests."""
    assert {path.name for path in ARTICLES.glob("*-*")} == set(ROWS)


@pytest.mark.go
def test_the_programs_compile() -> None:
    """What no compiler accepts is broken in another way; arenas alone need an experiment for it."""
    go = find_go()
    done = subprocess.run(
        [go.path, "vet", "./..."], cwd=ARTICLES, env=go.env, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


class Ran(NamedTuple):
    """How a program ended, and the words that it printed."""

    code: int
    words: list[str]
    errors: str


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runnable programs, built into one directory: ``I-07-broken``."""
    out, go = tmp_path_factory.mktemp("articles"), find_go()
    for source in sorted(ARTICLES.glob("*/*/main.go")):
        name = "-".join(source.parent.relative_to(ARTICLES).parts)
        subprocess.run(
            [go.path, "build", "-o", out / name, "."], cwd=source.parent, env=go.env, check=True
        )
    return out


def run(program: Path, *args: str, stdin: str = "") -> Ran:
    """Run a program to its end, ten seconds at most."""
    done = subprocess.run(
        [program, *args], input=stdin, capture_output=True, text=True, check=False, timeout=10
    )
    return Ran(done.returncode, done.stdout.split(), done.stderr)


@pytest.fixture
def deep_tree(tmp_path: Path) -> Path:
    """Twelve directories, each in the one before and with a file: deeper than there are slots."""
    place = tmp_path
    for level in range(12):
        place /= f"level-{level}"
        place.mkdir()
        (place / "file").touch()
    return tmp_path


@pytest.mark.go
def test_the_parallel_search_deadlocks(programs: Path, deep_tree: Path) -> None:
    """J-05: with eight slots it is stuck in a tree of twelve levels, and its twin counts them."""
    broken = run(programs / "J-05-broken", str(deep_tree))
    assert broken.code == 2
    assert "all goroutines are asleep - deadlock!" in broken.errors
    assert run(programs / "J-05-fixed", str(deep_tree)).words == ["12"]


@pytest.mark.go
def test_the_decoder_loop_loses_all_data(programs: Path) -> None:
    """L-05: of an array of 1,000 orders it reads none and ends well; its twin reads them all."""
    orders = json.dumps([{"id": number, "cents": 100} for number in range(1000)])
    broken = run(programs / "L-05-broken", stdin=orders)
    assert (broken.code, broken.words) == (0, ["0"])
    assert run(programs / "L-05-fixed", stdin=orders).words == ["1000"]


@pytest.mark.go
@pytest.mark.parametrize("rows", [1_050, 12_345])
@pytest.mark.parametrize("row", ["I-04", "I-05", "I-06", "I-07"])
def test_the_loaders_load_another_number_of_rows(programs: Path, row: str, rows: int) -> None:
    """I-04 to I-07: whether a file is shorter or longer than was thought, and nothing fails."""
    csv = "".join(f"{number},1200\n" for number in range(rows))
    broken = run(programs / f"{row}-broken", stdin=csv)
    assert broken.code == 0
    assert broken.words != [str(rows)]
    assert run(programs / f"{row}-fixed", stdin=csv).words == [str(rows)]


@pytest.mark.go
def test_pooled_messages_keep_fields_and_are_one(programs: Path) -> None:
    """K-02: messages without an id get that of another, and a batch holds one many times over."""
    lines = "".join(
        json.dumps({"id": f"m{number}"} if number % 2 == 0 else {"time": number}) + "\n"
        for number in range(1000)
    )
    with_id, different = map(int, run(programs / "K-02-broken", stdin=lines).words)
    assert with_id > 500
    assert different < 1000
    assert run(programs / "K-02-fixed", stdin=lines).words == ["500", "1000"]


@pytest.mark.go
def test_arenas_are_not_built_without_their_experiment() -> None:
    """L-08: the program of the article is excluded whole, and its twin builds."""
    go = find_go()
    done = subprocess.run(
        [go.path, "build", "-o", "/dev/null", "./L-08/broken"],
        cwd=ARTICLES, env=go.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "build constraints exclude all Go files" in done.stderr
