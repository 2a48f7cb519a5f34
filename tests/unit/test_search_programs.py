"""Every way of the search lab finds the same lines, in files that are made to mislead it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.lab.library import find_case

DIRECTORY = find_case("search").directory
MODULES = ("generate_logs", "searching", "spreading", "traversal")
HIT = b"ERROR timeout after 70ms"

Files = dict[str, bytes]


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


def expected(data: bytes) -> list[int]:
    """The lines that match, found in the most naive way."""
    expression = re.compile(rb"(ERROR|FATAL)\s+timeout after [0-9]+ms")
    return [n for n, line in enumerate(data.split(b"\n"), start=1) if expression.search(line)]


def written(folder: Path, data: bytes) -> str:
    """The path of a file."""
    path = folder / "some.log"
    path.write_bytes(data)
    return str(path)


ODD = {
    "nothing": b"",
    "a hit in the last line, which no newline ends": b"a\nb\n" + HIT,
    "two hits in a line": HIT + b" " + HIT + b"\n",
    "a hit across lines": b"ERROR\ntimeout after 70ms\n",
    "no UTF-8": b"\xff\xfe\x80\n\xc3" + HIT + b"\xe9\n",
    "a separator of lines for str alone": "\u2028\x0b\x1c".encode() + HIT + b"\n\n" + HIT,
    "the word alone": b"a timeout after all\n",
    "as long as the buffer": b"x" * ((1 << 20) - len(HIT)) + HIT,
    "a little longer than the buffer": b"x" * (1 << 20) + b"\n" + HIT,
    "a hit across the buffer's end": b"x\n" * ((1 << 19) - 4) + HIT,
    "three times the buffer": b"some text\n" * 320_000 + HIT,
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD.keys())
def test_every_way_finds_every_line_of_an_odd_file(
    data: bytes, programs: dict[str, Any], tmp_path: Path
) -> None:
    """With the file's size, and whatever was searched before."""
    path = written(tmp_path, data)
    for name, make in programs["searching"].CHOICES.items():
        search = make()
        for _ in range(2):
            assert search(path) == (len(data), expected(data)), name


PARTS = st.sampled_from(
    [HIT, b"FATAL \t timeout after 9ms", b"ERROR", b"timeout after ", b"\n", b" ", b"\xff", b"7ms"]
)


@settings(max_examples=60)
@given(st.lists(st.lists(PARTS, max_size=12).map(b"".join), min_size=1, max_size=4))
def test_a_buffer_that_is_used_again_has_no_past(
    programs: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, files: list[bytes]
) -> None:
    """What lies behind a short file is of a longer one before it, and found in neither."""
    folder = tmp_path_factory.mktemp("files")
    buffer = programs["searching"].OneBuffer()
    for data in files:
        assert buffer.search(written(folder, data)) == (len(data), expected(data))


def test_both_walks_find_the_same_files(programs: dict[str, Any], tmp_path: Path) -> None:
    """Files, also behind a link; no directories, and no links that lead nowhere or to one."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "empty").mkdir()
    (tmp_path / "a" / "b" / "one").touch()
    (tmp_path / "two").touch()
    (tmp_path / "linked").symlink_to("two")
    (tmp_path / "nowhere").symlink_to("missing")
    (tmp_path / "round").symlink_to("a")
    walks = programs["traversal"].WALKS.values()
    first, second = (sorted(walk(str(tmp_path))) for walk in walks)
    assert first == second
    assert [Path(path).name for path in first] == ["one", "linked", "two"]


def generated(out: Path, scale: int, seed: int = 1) -> Files:
    """A tree as the lab makes it, by its paths."""
    command = [sys.executable, "-B", str(DIRECTORY / "generate_logs.py"), "--seed", str(seed)]
    subprocess.run([*command, "--scale", str(scale), str(out)], check=True)
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file()
    }


def test_a_seed_gives_the_same_tree(tmp_path: Path) -> None:
    """Of as many files as were asked for, fifty in a directory, and nothing beside them."""
    first, second = generated(tmp_path / "first", 230), generated(tmp_path / "second", 230)
    assert first == second != generated(tmp_path / "third", 230, seed=2)
    assert len(first) == 230
    assert len({path.rpartition("/")[0] for path in first}) == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second", "third"]


def test_a_tree_holds_what_misleads(tmp_path: Path) -> None:
    """A file longer than the buffer whose hit is its last line, one that is no UTF-8, and so on."""
    files = generated(tmp_path / "tree", 100).values()
    assert any(len(data) > 2 << 20 and expected(data)[-1] > 10_000 for data in files)
    assert any(re.search(rb"ERROR\ntimeout after", data) for data in files)
    assert any(data.count(b"timeout after") == 2 and expected(data) == [1] for data in files)
    assert any(b"\xff" in data and len(expected(data)) == 2 for data in files)
    assert any(not data.endswith(b"\n") and expected(data) for data in files)


def searched(tree: Path, *arguments: str) -> dict[str, Any]:
    """What the program says at its end."""
    command = [sys.executable, "-B", str(DIRECTORY / "search.py"), "--input", str(tree), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def test_workers_find_what_one_finds(tmp_path: Path) -> None:
    """Threads and processes change neither the lines nor the count of the work."""
    files = generated(tmp_path / "tree", 60)
    alone = searched(tmp_path / "tree")
    lines = sum(len(expected(data)) for data in files.values())
    size = sum(map(len, files.values()))
    assert alone["work"] == alone["result"]["files"] == 60
    assert (alone["result"]["lines"], alone["result"]["bytes"]) == (lines, size)
    fastest = ("--read", "one-buffer", "--walk", "scanned")
    for more in (("--spread", "threads"), (*fastest, "--spread", "processes")):
        said = searched(tmp_path / "tree", *more)
        assert said["result"] == alone["result"]
        assert said["work"] == 60
        assert said["guard"]["processes"] == (3 if "processes" in more else 1)


def test_a_tree_that_cannot_be_finished_is_not_there(tmp_path: Path) -> None:
    """Half of an input would be kept and measured for ever."""
    (tmp_path / "tree").touch()
    command = [
        sys.executable,
        "-B",
        str(DIRECTORY / "generate_logs.py"),
        "--seed",
        "1",
        "--scale",
        "10",
    ]
    done = subprocess.run(
        [*command, str(tmp_path / "tree")], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]
