"""What a finding in Go needs to be told without a recording: marked lines, told and untold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from heapwise.diagnose.source.examine import in_source, stands_alone
from heapwise.diagnose.source.tree import SourceTree
from heapwise.runtimes.go.toolchain import find_go

TOLD = Path(__file__).parents[1] / "data" / "told"

_MARK = re.compile(r"// (told|untold)((?: HW\d{3})+)$")

Line = tuple[str, int, str]


def marked(kind: str) -> set[Line]:
    """File, line and code of what a comment says is told, or recognised and not told."""
    return {
        (path.relative_to(TOLD).as_posix(), number, code)
        for path in TOLD.rglob("*.go")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if (mark := _MARK.search(line)) is not None and mark[1] == kind
        for code in mark[2].split()
    }


def found(root: Path = TOLD) -> dict[Line, bool]:
    """What the rules recognise, and whether it is told."""
    tree = SourceTree(root, "go")
    return {
        (match.span.file, match.span.line, each.rule.CODE): stands_alone(tree, match)
        for each in in_source(tree)
        if (match := each.match) is not None
    }


def test_what_surely_costs_is_told() -> None:
    """For each request, for each text that a function is given, for each line or row."""
    assert {line for line, told in found().items() if told} == marked("told")


def test_what_may_cost_nothing_needs_a_recording() -> None:
    """It is recognised, and without evidence nobody hears of it."""
    assert {line for line, told in found().items() if not told} == marked("untold")


def test_examples_are_told_to_whoever_asks_about_them() -> None:
    """Only folders below the one that was given count."""
    assert list(found(TOLD / "examples").values()) == [True]


@pytest.mark.go
def test_the_marked_lines_compile() -> None:
    """What no compiler accepts proves nothing."""
    go = find_go()
    done = subprocess.run(
        [go.path, "vet", "./..."], cwd=TOLD, env=go.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
