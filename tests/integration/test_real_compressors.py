"""Findings on a real Go service, built by every Go there is; pprof judges the difference."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from heapwise.analysis.diff import subtract
from heapwise.analysis.go_frames import is_library
from heapwise.analysis.owners import owner_table
from heapwise.analysis.top import top_table
from heapwise.diagnose.engine import examine
from heapwise.formats import pprof
from heapwise.model.finding import Confidence
from heapwise.model.profile import Profile
from support import compressors, goheap

pytestmark = pytest.mark.go

TYPES = ("alloc_objects", "alloc_space", "inuse_objects", "inuse_space")


@pytest.mark.parametrize("toolchain", ["path", "extra"])
@pytest.mark.parametrize("flags", [(), ("-trimpath",)], ids=["plain", "trimpath"])
def test_a_compressor_per_response_is_found_on_every_go(
    toolchain: str, flags: tuple[str, ...]
) -> None:
    """One finding, with the writer's whole cost, whatever this release calls its parts."""
    with compressors.serving(compressors.toolchain(toolchain), *flags) as service:
        service.drive("/plain", 5)
        spell = service.drive("/each", 300)
    (finding,) = examine(spell.case())
    assert finding.code == "HW101"
    assert finding.where.startswith("main.each (")
    assert finding.confidence is Confidence.HIGH
    size = finding.evidence.bytes_per_work
    assert size is not None
    assert spell.per_work.bytes is not None
    assert 750_000 < size.low <= size.value <= size.high <= spell.per_work.bytes
    assert finding.evidence.bytes_share.value > 0.97


@pytest.mark.parametrize("toolchain", ["path", "extra"])
def test_pooled_writers_and_plain_pages_are_not_findings(toolchain: str) -> None:
    """The same page, done well or not compressed: some kilobytes a response, and silence."""
    with compressors.serving(compressors.toolchain(toolchain)) as service:
        service.drive("/pooled", 10)
        for path in ("/pooled", "/plain"):
            spell = service.drive(path, 300)
            assert examine(spell.case()) == ()
            assert spell.per_work.bytes is not None
            assert spell.per_work.bytes < 20_000


@pytest.mark.parametrize("toolchain", ["path", "extra"])
def test_every_package_of_the_standard_library_is_known(toolchain: str) -> None:
    """`go list std` is the judge: trimmed file names have only the list to go by."""
    go = compressors.toolchain(toolchain)
    listed = subprocess.run(
        [go, "list", "std"], check=True, capture_output=True, text=True, timeout=120
    ).stdout.split()
    assert len(listed) > 200
    # The linker escapes the dots of a path's last element: crypto/internal/entropy/v1%2e0%2e0.
    functions = {name: f"{name.replace('.', '%2e')}.F" for name in listed}
    assert [name for name in listed if not is_library(functions[name], f"{name}/x.go")] == []


def test_a_pool_for_each_request_is_seen_through() -> None:
    """sync.Pool in the source is no proof: this one never has a writer to give."""
    with compressors.serving(goheap.go()) as service:
        service.drive("/plain", 5)
        (finding,) = examine(service.drive("/pool-each", 300).case())
    assert finding.code == "HW101"
    assert finding.where.startswith("main.writeFrom (")


def test_exact_costs_repeat_within_a_part_in_two_hundred() -> None:
    """Counters have no sampling error: two spells of the same load cost the same."""
    with compressors.serving(goheap.go()) as service:
        service.drive("/each", 50)
        first, second = (service.drive("/each", 200).per_work.bytes for _ in range(2))
    assert first == pytest.approx(second, rel=0.005)


def test_owners_of_a_real_service_are_its_handlers() -> None:
    """The first row is the handler, what measuring cost is in no row."""
    with compressors.serving(goheap.go()) as service:
        service.drive("/plain", 5)
        spell = service.drive("/each", 300)
    table = owner_table(spell.window, spell.live, spell.per_work, "go")
    assert table.rows[0].owner == "main.each"
    assert table.rows[0].path[0] == "main.each"
    assert not any("pprof" in row.owner for row in table.rows)
    assert table.dies_young is not None
    assert table.dies_young > 0.9


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two heap profiles of one process, with load between them."""
    folder = tmp_path_factory.mktemp("ends")
    with compressors.serving(goheap.go()) as service:
        service.drive("/pooled", 40)
        spell = service.drive("/each", 60)
    (folder / "before.pb.gz").write_bytes(spell.before)
    (folder / "after.pb.gz").write_bytes(spell.after)
    return folder / "before.pb.gz", folder / "after.pb.gz"


def difference(ends: tuple[Path, Path]) -> Profile:
    """Ours."""
    before, after = (pprof.decode(path.read_bytes()) for path in ends)
    return subtract(before, after)


@pytest.mark.parametrize("sample_type", TYPES)
def test_a_difference_shows_what_pprof_shows_with_a_base(
    ends: tuple[Path, Path], sample_type: str
) -> None:
    """Names, flat and cum of every function, and those that became less."""
    rows = top_table(difference(ends), sample_type, source="", nodefraction=0).rows
    theirs = goheap.pprof_top(ends[1], sample_type, f"-base={ends[0]}")
    assert sorted(rows, key=str) == sorted(theirs, key=str)
    assert theirs or sample_type.startswith("inuse")


def test_a_difference_is_what_pprof_writes(ends: tuple[Path, Path], tmp_path: Path) -> None:
    """Sample by sample: the same stacks with the same labels and values."""
    theirs = tmp_path / "theirs.pb.gz"
    goheap.pprof(ends[1], "-proto", f"-base={ends[0]}", f"-output={theirs}")
    assert raw(difference(ends), tmp_path / "ours.pb.gz") == raw(
        pprof.decode(theirs.read_bytes()), tmp_path / "again.pb.gz"
    )


def raw(profile: Profile, path: Path) -> list[tuple[str, ...]]:
    """The samples of a profile as `go tool pprof -raw` reads them, frames spelled out."""
    path.write_bytes(pprof.encode(profile))
    samples, locations = _sections(goheap.pprof(path, "-raw", "-symbolize=none"))
    return sorted(
        (values, *labels, *(locations[number] for number in stack))
        for values, labels, stack in samples
    )


def _sections(text: str) -> tuple[list[tuple[str, list[str], list[str]]], dict[str, str]]:
    body, _, tail = text.partition("\nLocations\n")
    samples: list[tuple[str, list[str], list[str]]] = []
    for line in body.partition("Samples:\n")[2].splitlines()[1:]:
        values, colon, stack = line.partition(": ")
        if colon and all(word.lstrip("-").isdigit() for word in values.split()):
            samples.append((" ".join(values.split()), [], stack.split()))
        else:
            samples[-1][1].append(line.strip())
    locations: dict[str, str] = {}
    number = ""
    for line in tail.partition("\nMappings\n")[0].splitlines():
        head, colon, rest = line.partition(": ")
        starts = bool(colon) and head.strip().isdigit()
        number = head.strip() if starts else number
        words = (rest if starts else line).split()
        locations[number] = f"{locations.get(number, '')} | {' '.join(words)}"
    return samples, {key: _without_mapping(value) for key, value in locations.items()}


def _without_mapping(location: str) -> str:
    """Mapping numbers are each file's own."""
    return " ".join(word for word in location.split() if not word.startswith("M="))
