"""Findings put together: one a cause, no byte twice, and each with what is known of its lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from heapwise.diagnose.case import Case
from heapwise.diagnose.engine import everything_found
from heapwise.diagnose.found import Found
from heapwise.diagnose.source.tree import SourceTree
from heapwise.model.profile import Profile
from heapwise.model.work import PerWork, Work
from support.profiles import Sample, profile
from support.stacks import GOROOT, SERVE, WRITER, chi, compressing, floor

REQUESTS = 2_000
CHI = "github.com/go-chi/chi"

PAGE = """package main

import (
	"compress/gzip"
	"net/http"
)

func page(w http.ResponseWriter, r *http.Request) {
	zw := gzip.NewWriter(w)
	zw.Write([]byte("page"))
	zw.Close()
}

func list(w http.ResponseWriter, r *http.Request) {
	zw := gzip.NewWriter(w)
	zw.Write([]byte("list"))
	zw.Close()
}
"""
MODULE = "module example.org/shop\n\ngo 1.24\n\nrequire (\n\tgithub.com/go-chi/chi {version}\n)\n"


def source(folder: Path, **files: str) -> SourceTree:
    """A service's source: ``page_go`` is the file page.go."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return SourceTree(folder, "go")


def from_lines(function: str, written: int, closed: int) -> tuple[Sample, ...]:
    """A writer for each request, made by a function of the service's own."""
    frame = f"main.{function} (/build/shop/page.go:"
    samples = compressing((f"{frame}{written})",), (f"{frame}{closed})",), writers=REQUESTS)
    return tuple(samples)


def cpu(*times: tuple[int, tuple[str, ...]]) -> Profile:
    """A CPU profile of so many milliseconds on each stack."""
    samples = [Sample(stack, (ms, ms * 1_000_000)) for ms, stack in times]
    return profile(samples, sample_types=("samples/count", "cpu/nanoseconds"))


def found(
    samples: tuple[Sample, ...],
    tree: SourceTree | None = None,
    *,
    cpu_profile: Profile | None = None,
    gc_share: float | None = None,
) -> tuple[Found, ...]:
    """What all rules find in a run of so many requests."""
    heap = profile([*samples, *floor(REQUESTS)])
    total = float(heap.column("alloc_space").sum()) / REQUESTS
    costs = PerWork(Work("req", REQUESTS), total, 80.0, 0.0, 0.0)
    case = Case.of(heap, None, costs, runtime="go", source=tree, cpu=cpu_profile, gc_share=gc_share)
    return everything_found(case)


def test_a_pattern_known_by_its_paths_and_its_source_is_one_finding(tmp_path: Path) -> None:
    """The figures of the paths, and the lines of the source."""
    tree = source(tmp_path, page_go=PAGE)
    (each,) = found(from_lines("page", 10, 11), tree)
    assert each.finding.code == "HW101"
    assert each.finding.where == "main.page (/build/shop/page.go:10)"
    assert each.finding.place is not None
    assert (each.finding.place.file, each.finding.place.line) == ("page.go", 9)
    assert each.match is not None
    assert len(each.sites) == 4


def test_several_places_that_are_all_of_it_tell_it_better(tmp_path: Path) -> None:
    """Two functions that each build writers are two findings with lines, and not a third."""
    tree = source(tmp_path, page_go=PAGE)
    both = found((*from_lines("page", 10, 11), *from_lines("list", 16, 17)), tree)
    assert [each.finding.code for each in both] == ["HW101", "HW101"]
    assert {each.finding.place.line for each in both if each.finding.place} == {9, 15}
    assert not any(each.finding.shares_gain_with for each in both)
    costs = [each.finding.evidence.bytes_per_work for each in both if each.finding.evidence]
    assert sum(cost.value for cost in costs if cost) == pytest.approx(2 * WRITER, rel=0.02)


def test_two_findings_of_the_same_bytes_say_so() -> None:
    """A sick release and the compressor that it builds are mended together, not one by one."""
    samples = tuple(compressing(*chi("v3.3.4+incompatible"), writers=REQUESTS))
    first, second = (each.finding for each in found(samples))
    assert (first.code, first.shares_gain_with) == ("HW101", ())
    assert (second.code, second.shares_gain_with) == ("HW201", ("HW101",))


def test_findings_share_what_no_shown_row_tells() -> None:
    """Only the heaviest call paths are shown; what is claimed is compared by all of them."""
    version = chi("v3.3.4+incompatible")
    handlers = [f"main.handler{n} (/srv/evaluate/main.go:{n + 1})" for n in range(40)]
    samples = tuple(
        each._replace(stack=(*each.stack, handler))
        for handler in handlers
        for each in compressing(*version, writers=REQUESTS / 40)
    )
    second = found(samples)[1].finding
    assert second.shares_gain_with == ("HW101",)


def test_a_module_is_placed_at_the_line_that_requires_it(tmp_path: Path) -> None:
    """A code host shows it in go.mod, where heapwise fix takes the mended release."""
    samples = tuple(compressing(*chi("v3.3.4+incompatible"), writers=REQUESTS))
    tree = source(
        tmp_path, main_go="package main\n", go_mod=MODULE.format(version="v3.3.4+incompatible")
    )
    for each in found(samples, tree):
        assert each.finding.place is not None
        assert (each.finding.place.file, each.finding.place.line) == ("go.mod", 6)
        assert each.finding.fixable
    assert all(each.finding.place is None for each in found(samples))


def test_a_module_without_a_known_defect_has_no_patch(tmp_path: Path) -> None:
    """The line is known, a release that mends it is not."""
    (tmp_path / "main.go").write_text("package main\n")
    (tmp_path / "go.mod").write_text("module a.org/b\n\nrequire a.org/gz v1.0.0 // for pages\n")
    frame = ("a.org/gz.Write (/root/go/pkg/mod/a.org/gz@v1.0.0/gz.go:9)",)
    samples = tuple(compressing(frame, frame, writers=REQUESTS))
    (each,) = found(samples, SourceTree(tmp_path, "go"))
    assert each.finding.place is not None
    assert (each.finding.place.file, each.finding.place.line) == ("go.mod", 3)
    assert not each.finding.fixable


def test_the_cpu_time_below_a_finding_and_for_its_garbage_bound_its_gain(tmp_path: Path) -> None:
    """A quarter of the time runs through its lines; it makes nearly all that is collected."""
    times = cpu(
        (250, ("compress/flate.f (/usr/local/go/src/compress/flate/deflate.go:9)",
               "main.page (/build/shop/page.go:10)", SERVE[-1].format(root=GOROOT))),
        (750, ("main.page (/build/shop/page.go:8)",)),
    )  # fmt: skip
    tree = source(tmp_path, page_go=PAGE)
    for given in (tree, None):
        (each,) = found(from_lines("page", 10, 11), given, cpu_profile=times, gc_share=0.3)
        evidence = each.finding.evidence
        assert evidence is not None
        assert evidence.cpu_share == pytest.approx(0.25)
        assert evidence.gc_cpu_share == pytest.approx(0.3, rel=0.01)
        assert each.finding.cpu_bound == pytest.approx(0.55, rel=0.01)


def test_what_is_no_allocation_is_not_bounded_by_what_allocating_costs(tmp_path: Path) -> None:
    """An answer whose errors are dropped: the figures are its function's, and nothing goes."""
    dropped = (
        'package main\n\nimport (\n\t"encoding/json"\n\t"net/http"\n)\n\n'
        "func page(w http.ResponseWriter, r *http.Request) {\n\tvar got struct{ ID string }\n"
        "\tjson.NewDecoder(r.Body).Decode(&got)\n\tw.Write([]byte(got.ID))\n}\n"
    )
    stack = (
        "encoding/json.(*Decoder).Decode (/usr/local/go/src/encoding/json/stream.go:50)",
        "main.page (/build/shop/page.go:10)",
        *(frame.format(root=GOROOT) for frame in SERVE),
    )
    sample = Sample(stack, (REQUESTS, REQUESTS * 4_000), {"bytes": 4_000})
    times = cpu((250, stack), (750, stack[-1:]))
    tree = source(tmp_path, page_go=dropped)
    (each,) = (
        each
        for each in found((sample,), tree, cpu_profile=times, gc_share=0.3)
        if each.finding.code == "HW309"
    )
    assert each.finding.evidence is not None
    assert each.finding.evidence.of_function
    assert each.finding.cpu_bound is None
    assert each.finding.gain_bytes_per_work is None


def test_without_a_cpu_profile_nothing_is_bounded() -> None:
    """What collecting takes of the time is told; that alone would be no bound."""
    (each,) = found(from_lines("page", 10, 11), gc_share=0.3)
    assert each.finding.evidence is not None
    assert each.finding.evidence.cpu_share is None
    assert each.finding.evidence.gc_cpu_share == pytest.approx(0.3, rel=0.01)
    assert each.finding.cpu_bound is None


def test_a_cpu_profile_without_time_bounds_nothing() -> None:
    """A service that slept: no share of nothing."""
    (each,) = found(from_lines("page", 10, 11), cpu_profile=cpu(), gc_share=0.3)
    assert each.finding.cpu_bound is None


def test_what_a_run_hardly_pays_for_is_named_and_no_more(tmp_path: Path) -> None:
    """Below one per cent: where and how much, no remedy, and why there is none."""
    text = (
        'package main\n\nimport "regexp"\n\nfunc ok(s string) bool {\n'
        '\treturn regexp.MustCompile("^a+$").MatchString(s)\n}\n'
    )
    compile_frame = "regexp.MustCompile (/usr/local/go/src/regexp/regexp.go:312)"
    stack = (
        compile_frame,
        "main.ok (/build/shop/ok.go:6)",
        *(f.format(root=GOROOT) for f in SERVE),
    )
    for size, offered in ((30, False), (4_000, True)):
        sample = Sample(stack, (REQUESTS // 50, REQUESTS * size), {"bytes": size * 50})
        (each,) = found((sample,), source(tmp_path, ok_go=text))
        assert each.finding.code == "HW401"
        assert bool(each.finding.remedy) == each.finding.fixable == offered
        assert (each.finding.gain_bytes_per_work is not None) == offered
        assert ("below 1.0 % of the bytes" in each.finding.withheld) is not offered
