"""The search lab finds its defect by itself, and its promise of bytes is kept."""

from __future__ import annotations

import pytest

from heapwise.lab.library import find_case
from heapwise.lab.runner import LabRequest, run_lab
from heapwise.lab.spec import Amount
from heapwise.model.lab import LabResult, VariantResult
from support.labs import Watcher

pytest.importorskip("heapwise_agent", reason="heapwise-agent is part of heapwise[labs]")

FILES = 1500


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> LabResult:
    """Three rungs on a small tree; each once, since nothing here rests on time."""
    folder = tmp_path_factory.mktemp("search")
    request = LabRequest(
        variants=("before", "prefilter", "one-buffer"),
        scale=Amount(scale=FILES),
        out_dir=folder / "out",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        return run_lab(find_case("search"), request, Watcher())


def variant(result: LabResult, name: str) -> VariantResult:
    """One variant of it."""
    return next(each for each in result.variants if each.name == name)


def bytes_per_file(found: VariantResult) -> float:
    """What it allocates."""
    value = next(each for each in found.report.metrics if each.metric == "bytes/work").value
    assert value is not None
    return value


def test_the_lab_shows_what_it_must(result: LabResult) -> None:
    """Every check of every rung: all find the same lines, and what HW905 promised is gained."""
    failed = [
        (each.name, check) for each in result.variants for check in each.checks if not check.passed
    ]
    assert failed == []


def test_the_read_is_found_with_its_line(result: LabResult) -> None:
    """First on `before`, where the megabyte is asked for; gone with the one buffer."""
    first = variant(result, "before").report.findings[0]
    assert first.code == "HW905"
    assert first.place is not None
    source = find_case("search").directory / first.place.file
    assert "os.read(descriptor, 1 << 20)" in source.read_text().splitlines()[first.place.line - 1]
    assert variant(result, "one-buffer").report.findings == ()


def test_nothing_of_the_garbage_shows_in_memory_in_use(result: LabResult) -> None:
    """A gigabyte and a half goes through a process that never has more than some megabytes."""
    before = variant(result, "before")
    assert bytes_per_file(before) * FILES > 1 << 30
    peak = next(each for each in before.report.metrics if each.metric == "rss.peak").value
    assert peak is not None
    assert peak < 100 << 20
