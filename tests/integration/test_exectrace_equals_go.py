"""`go tool trace` is the judge of every event that heapwise reads from an execution trace."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from heapwise.formats.exectrace import Limits, open_trace
from support.exectrace_counts import counts
from support.exectrace_go import fresh_trace, goroot, parsed, toolchains
from support.exectrace_words import PROCS, Said, in_gos_words, in_words
from support.exectrace_writer import from_text

pytestmark = pytest.mark.go

_FIRST = re.compile(r"M=\S+ P=\S+ G=\S+ (?!Sync)\w+ Time=(-?\d+)")


def ours(path: Path) -> list[Said]:
    """Our events of a whole trace."""
    with path.open("rb") as file:
        stream = open_trace(file, limits=Limits(events=20_000))
        found = list(in_words(stream))
    assert (stream.damage, stream.disordered) == (None, 0)
    assert stream.size == path.stat().st_size
    return found


def gos(path: Path) -> list[Said]:
    """Go's events, with times since its first one."""
    begin: list[int] = []

    def noting_the_first(lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            found = None if begin else _FIRST.match(line)
            if found:
                begin.append(int(found[1]))
            yield line

    return [
        said._replace(time=said.time - begin[0])
        for said in in_gos_words(noting_the_first(parsed(path)))
    ]


def by_thread(events: Iterable[Said]) -> dict[int, list[tuple[int, int, str]]]:
    """What each thread said, in its order, with the processor and goroutine it had."""
    found: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for said in events:
        found[said.thread].append((said.proc, said.goroutine, said.words))
    return found


def assert_equal(path: Path) -> list[Said]:
    """Counts, the last goal of the heap, state and order of every thread."""
    found, expected = ours(path), gos(path)
    assert counts(found) == counts(expected)
    assert by_thread(found) == by_thread(expected)
    return found


@pytest.mark.parametrize("place", range(2))
def test_fresh_traces_agree_in_every_event(place: int, tmp_path: Path) -> None:
    """Of a program that does a little of everything, over several generations."""
    versions = sorted(toolchains())
    if place >= len(versions):
        pytest.skip("there is one Go on this machine")
    path = fresh_trace(toolchains()[versions[place]], tmp_path, 300, "2100ms")
    found = assert_equal(path)
    with path.open("rb") as file:
        assert len({part.number for part in open_trace(file)}) >= 2
    seen = counts(found)
    for words in (
        "begin GC concurrent mark phase",
        "begin GC mark assist",
        "begin GC incremental sweep",
        "begin stop-the-world (GC sweep termination)",
        "begin stop-the-world (read mem stats)",
        "go NotExist->Waiting",
        "go Syscall->Running",
        "go Running->Waiting network",
        "go Running->Waiting sync",
        "sample",
    ):
        assert seen[words] > 0, words


def test_the_traces_clock_keeps_up_with_the_machines(tmp_path: Path) -> None:
    """Snapshots of both, a generation apart, are as far apart in either."""
    go = next(iter(toolchains().values()))
    path = fresh_trace(go, tmp_path, 30, "1200ms")
    with path.open("rb") as file:
        clocks = [part.clock for part in open_trace(file) if part.clock]
    if not clocks:
        pytest.skip("Go takes snapshots since 1.25")
    first, *others = clocks
    assert others
    for clock in others:
        passed = clock.monotonic_ns - first.monotonic_ns
        assert passed > 500_000_000
        assert abs(clock.time_ns - first.time_ns - passed) < 1000


def test_times_agree_to_a_few_nanoseconds(tmp_path: Path) -> None:
    """Go adds a nanosecond to every event that would have the time of the one before."""
    path = fresh_trace(next(iter(toolchains().values())), tmp_path, 60, "30ms")
    found, expected = ours(path), gos(path)
    times: tuple[dict[str, list[int]], dict[str, list[int]]] = ({}, {})
    for events, place in ((found, times[0]), (expected, times[1])):
        for said in events:
            place.setdefault(f"{said.thread} {said.words}", []).append(said.time)
    apart = [
        abs(mine - theirs)
        for words, own in times[0].items()
        for mine, theirs in zip(own, times[1][words], strict=True)
    ]
    assert max(apart) < 64  # a unit of its clock


def test_the_corner_cases_of_gos_own_tests_agree(tmp_path: Path) -> None:
    """Stolen processors, calls over generations, threads whose number is used again, …."""
    compared = 0
    for case in sorted(goroot().glob("src/internal/trace/testdata/tests/*.test")):
        text = case.read_text()
        if "SUCCESS" not in text.partition("-- trace --")[0]:
            continue  # Go refuses it, and heapwise reads what there is of it
        path = tmp_path / case.stem
        path.write_bytes(from_text(text))
        assert_equal(path)
        compared += 1
    if not compared:
        pytest.skip("this Go came without its own tests")


def test_traces_of_go_1_11_to_1_21_agree() -> None:
    """All but how it is said what was there before: Go turns first events into statuses."""
    cases = sorted(goroot().glob("src/internal/trace/internal/tracev1/testdata/*_good"))
    for case in cases:
        lines = list(parsed(case))
        found, expected = counts(ours(case)), counts(in_gos_words(lines))
        first = expected.pop("go is Running", 0)  # the goroutine that started the trace
        procs = sum("ProcID=" in line and " Undetermined->" in line for line in lines)
        added = {"go is Runnable": first, "go Runnable->Running": first, PROCS: 1}
        for words, more in added.items():
            assert found.pop(words, 0) - expected.pop(words, 0) == more, (case.name, words)
        moves = ("proc Idle->Running", "proc Running->Idle")
        assert sum(found.pop(words, 0) - expected.pop(words, 0) for words in moves) == procs
        assert found == expected, case.name
    if not cases:
        pytest.skip("this Go came without its own tests")


def test_the_judge_finds_differences(tmp_path: Path) -> None:
    """A trace that lacks one event is not equal, nor one in which two changed places."""
    path = fresh_trace(next(iter(toolchains().values())), tmp_path, 10, "1ms")
    found, expected = ours(path), gos(path)
    assert by_thread(found) == by_thread(expected)
    assert by_thread(found[1:]) != by_thread(expected)
    thread = [said for said in found if said.thread == found[0].thread]
    assert by_thread([thread[1], thread[0], *thread[2:]]) != by_thread(thread)
