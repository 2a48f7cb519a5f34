"""The findings: fired by the defect in every Go version, silent on everything that is well."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from heapwise.analysis.diff import subtract
from heapwise.diagnose.case import Case
from heapwise.diagnose.engine import diagnose, examine
from heapwise.diagnose.registry import RULES, SECTIONS, sections
from heapwise.model.finding import Confidence, Finding
from heapwise.model.work import PerWork, Work
from heapwise.record.loader import load
from support.profiles import Sample, profile
from support.recordings import AFTER, make_recording
from support.stacks import COMPRESSOR, GOROOT, SERVE, WRITER, chi, compressing, floor

REQUESTS = 2_000
OWN = (
    ("main.gz.Write (/srv/gz.go:12)", "main.page (/srv/page.go:30)"),
    ("main.withGzip.func1 (/srv/gz.go:31)",),
)


def found(
    samples: Iterable[Sample],
    *,
    unit: str = "req",
    known: bool = True,
    runtime: str = "go",
) -> dict[str, Finding]:
    """The findings by code, in their order, of samples on top of the usual floor."""
    heap = profile([*samples, *floor(REQUESTS)])
    total = float(heap.column("alloc_space").sum()) / REQUESTS
    costs = PerWork(Work(unit, REQUESTS), total, 80.0, 0.0, 0.0) if known else None
    case = Case.of(heap, None, costs, runtime=runtime)
    return {finding.code: finding for finding in examine(case)}


@pytest.mark.parametrize("go", COMPRESSOR)
@pytest.mark.parametrize("root", [GOROOT, "", "/opt/hostedtoolcache/go/1.22.1/x64/src/"])
def test_a_compressor_per_response_is_found_by_family(go: str, root: str) -> None:
    """Whatever the Go release calls its parts and however it was built: one finding, all bytes."""
    samples = compressing(*chi("v3.3.4+incompatible"), writers=REQUESTS, go=go, root=root)
    finding = found(samples)["HW101"]
    assert finding.module == "github.com/go-chi/chi@v3.3.4+incompatible"
    assert finding.confidence is Confidence.HIGH
    assert finding.evidence.bytes_per_work is not None
    assert finding.evidence.bytes_per_work.value == pytest.approx(WRITER, rel=0.02)
    assert finding.evidence.bytes_share.low > 0.97


def test_the_part_under_close_belongs_to_the_same_finding() -> None:
    """30 % of a writer is made by Close: it is counted, and told in the why."""
    finding = found(compressing(*chi("v3.3.4+incompatible"), writers=REQUESTS))["HW101"]
    assert "30.0 % shows under Close" in finding.why
    assert "middleware.(*maybeCompressResponseWriter).Write > gzip.(*Writer).Write" in finding.why
    assert any("Close" in row for row in finding.evidence.rows)


def test_a_service_of_its_own_making_is_told_to_pool() -> None:
    """Without a dependency to upgrade, the remedy is the pool, and where it belongs."""
    finding = found(compressing(*OWN, writers=REQUESTS))["HW101"]
    assert finding.where == "main.gz.Write (/srv/gz.go:12)"
    assert finding.module == ""
    assert "sync.Pool" in finding.remedy
    assert finding.gain_bytes_per_work == pytest.approx(WRITER, rel=0.02)
    assert set(found(compressing(*OWN, writers=REQUESTS))) == {"HW101"}


def test_a_pool_that_never_has_one_is_seen_through() -> None:
    """A pool made for each request builds a writer for each response all the same."""
    get = "sync.(*Pool).Get (/usr/local/go/src/sync/pool.go:155)"
    samples = compressing((get, *OWN[0]), (get, *OWN[1]), writers=REQUESTS)
    assert "a pool made by the handler is always empty" in found(samples)["HW101"].remedy


@pytest.mark.parametrize("writers", [0.02 * REQUESTS, 2])
def test_pooled_writers_are_not_a_finding(writers: float) -> None:
    """A pool that the collector emptied now and then builds some writers, not one a response."""
    assert found(compressing(*chi("v4.1.0+incompatible"), writers=writers)) == {}


def test_a_tenth_of_the_responses_is_enough_but_less_certain() -> None:
    """Where only some responses are compressed, those that are still pay."""
    finding = found(compressing(*OWN, writers=REQUESTS * 0.1))["HW101"]
    assert finding.confidence is Confidence.MEDIUM


def test_compressing_outside_a_request_is_not_a_finding() -> None:
    """A job that writes archives builds compressors and answers nobody."""
    samples = compressing(*OWN, writers=REQUESTS, serve=("main.nightly (/srv/job.go:9)",))
    assert found(samples) == {}


def test_reading_compressed_bodies_is_not_a_finding() -> None:
    """gzip.NewReader costs 41 KB and is another matter."""
    stack = (
        "compress/flate.NewReader (/usr/local/go/src/compress/flate/inflate.go:811)",
        "compress/gzip.NewReader (/usr/local/go/src/compress/gzip/gunzip.go:92)",
        "main.page (/srv/page.go:30)",
        *(frame.format(root=GOROOT) for frame in SERVE),
    )
    assert found([Sample(stack, (REQUESTS, REQUESTS * 2_000_000), {"bytes": 2_000_000})]) == {}


@pytest.mark.parametrize("reader", ["(*Reader).Read", "decoderDecompressStream"])
def test_helpers_that_readers_share_with_writers_are_the_readers(reader: str) -> None:
    """The ring buffer of brotli below its Reader: 136 KB a request, and no compressor anywhere."""
    folder = "/root/go/pkg/mod/github.com/andybalholm/brotli@v1.1.0"
    stack = (
        f"github.com/andybalholm/brotli.ensureRingBuffer ({folder}/decode.go:1314)",
        f"github.com/andybalholm/brotli.{reader} ({folder}/reader.go:60)",
        "main.page (/srv/page.go:30)",
        *(frame.format(root=GOROOT) for frame in SERVE),
    )
    assert found([Sample(stack, (REQUESTS, REQUESTS * 2_000_000), {"bytes": 2_000_000})]) == {}


def test_a_writer_fed_by_a_reader_is_a_writer() -> None:
    """zstd.(*Decoder).WriteTo calls the writer: that frame is of another package."""
    folder = "/root/go/pkg/mod/github.com/klauspost/compress@v1.17.9/zstd"
    fed = f"github.com/klauspost/compress/zstd.(*Decoder).WriteTo ({folder}/decoder.go:265)"
    samples = compressing((*OWN[0], fed), OWN[1], writers=REQUESTS)
    assert set(found(samples)) == {"HW101"}


def test_a_part_of_the_responses_is_not_called_every_response() -> None:
    """About 100 kB a request is a default writer now and then."""
    finding = found(compressing(*OWN, writers=REQUESTS * 0.1))["HW101"]
    assert finding.title == "main.gz.Write builds a compressor for a part of the responses"


def test_a_pool_emptied_by_other_garbage_is_thought_of() -> None:
    """Writers are pooled, 40 MB a request elsewhere empty the pool: "pool them" is no help."""
    stack = ("main.page (/srv/page.go:30)", *(frame.format(root=GOROOT) for frame in SERVE))
    churn = Sample(stack, (REQUESTS * 40, REQUESTS * 40 << 20), {"bytes": 1 << 20})
    finding = found([*compressing(*OWN, writers=REQUESTS), churn])["HW101"]
    assert finding.confidence is Confidence.MEDIUM
    assert "If the writers are pooled already, they do not survive there" in finding.remedy
    assert "97.5 % of the bytes" in finding.remedy
    alone = found(compressing(*OWN, writers=REQUESTS))["HW101"]
    assert "pooled already" not in alone.remedy


@pytest.mark.parametrize(
    ("module", "advice"),
    [
        ("github.com/go-chi/chi", "Before v4.0.3 middleware.Compress builds a compressor"),
        ("github.com/go-chi/chi/v5", "Take one that pools its writers"),
        ("github.com/other/chi", "Take one that pools its writers"),
    ],
)
def test_vendored_code_is_not_ones_own(module: str, advice: str) -> None:
    """Its release is unknown; advice to write a pool into vendor/ would be lost on the next day."""
    frame = f"{module}/middleware.(*cw).Write (/srv/app/vendor/{module}/middleware/compress.go:210)"
    finding = found(compressing((frame,), (frame,), writers=REQUESTS))["HW101"]
    assert f"{module}/middleware is vendored" in finding.remedy
    assert advice in finding.remedy
    assert "Keep the writers in a sync.Pool that" not in finding.remedy


def test_some_lucky_samples_are_not_a_finding() -> None:
    """Nine sampled events say nothing about every response, whatever they were scaled to."""
    stack = ("compress/flate.NewWriter (/usr/local/go/src/compress/flate/deflate.go:667)",
             *OWN[0], *(frame.format(root=GOROOT) for frame in SERVE))  # fmt: skip
    few = Sample(stack, (512 * 9, 524_544 * 9), {"bytes": 1_024})
    for unit in ("req", "s"):
        costs = PerWork(Work(unit, 5), 944_172.0, 99.0, 0.0, 0.0)
        assert examine(Case.of(profile([few]), None, costs, runtime="go")) == ()


def test_where_responses_are_not_counted_the_share_decides() -> None:
    """Costs per second say nothing of responses; a fifth of all bytes does, with low confidence."""
    sick = found(compressing(*OWN, writers=REQUESTS), unit="s")["HW101"]
    assert sick.confidence is Confidence.LOW
    assert (
        found(compressing(*OWN, writers=REQUESTS), known=False)["HW101"].evidence.bytes_per_work
        is None
    )
    assert found(compressing(*OWN, writers=1), unit="s") == {}


def test_an_unknown_runtime_is_not_guessed_at() -> None:
    """Without knowing whose frames these are, the caller is the library itself; nothing breaks."""
    assert "HW201" not in found(compressing(*chi("v3.3.4+incompatible"), writers=1), runtime="")


@pytest.mark.parametrize("version", ["v3.3.4+incompatible", "v4.0.2+incompatible"])
@pytest.mark.parametrize("cache", ["/root/go/pkg/mod/", "", "/cache/"])
def test_the_known_bug_is_found_by_version(version: str, cache: str) -> None:
    """Read from file names, trimmed or not; the fixing release is named, not the latest."""
    finding = found(compressing(*chi(version, cache), writers=REQUESTS))["HW201"]
    assert (
        finding.title
        == f"github.com/go-chi/chi@{version} has a known allocation bug, fixed in v4.0.3"
    )
    assert "go get github.com/go-chi/chi@v4.0.3" in finding.remedy
    assert "v4.0.2 still have it" in finding.remedy
    assert "https://github.com/go-chi/chi/pull/401" in finding.references


def test_a_closure_inlined_into_main_is_still_the_dependencys() -> None:
    """Go names it after the package it ends up in; its file tells whose it is."""
    folder = "/root/go/pkg/mod/github.com/labstack/echo/v4@v4.1.17"
    closure = (f"main.main.Gzip.GzipWithConfig.func2.1 ({folder}/middleware/compress.go:72)",)
    findings = found(compressing(closure, closure, writers=REQUESTS))
    assert findings["HW201"].module == "github.com/labstack/echo/v4@v4.1.17"
    assert "v4.2.0" in findings["HW101"].remedy


def test_both_findings_name_the_same_remedy_for_a_known_dependency() -> None:
    """The compressor's rule knows the advisory too: no advice to patch what a release fixes."""
    findings = found(compressing(*chi("v3.3.4+incompatible"), writers=REQUESTS))
    assert list(findings) == ["HW101", "HW201"]
    assert "v4.0.3" in findings["HW101"].remedy


def test_a_sick_release_whose_sick_path_is_not_used_is_left_in_peace() -> None:
    """A sick chi as a router only: nothing allocates there, so nothing is said."""
    folder = "/root/go/pkg/mod/github.com/go-chi/chi@v3.3.4+incompatible"
    stack = (
        "context.WithValue (/usr/local/go/src/context/context.go:728)",
        f"github.com/go-chi/chi.(*Mux).ServeHTTP ({folder}/mux.go:82)",
        f"github.com/go-chi/chi/middleware.Logger.func1 ({folder}/middleware/logger.go:40)",
        *(frame.format(root=GOROOT) for frame in SERVE),
    )
    assert found([Sample(stack, (REQUESTS, REQUESTS * 4_096), {"bytes": 4_096})]) == {}


def test_findings_come_in_the_order_of_what_they_would_save() -> None:
    """The heavier one first, whichever rule found it."""
    findings = examine(
        Case.of(
            profile([
                *compressing(*OWN, writers=REQUESTS * 2),
                *compressing(*chi("v3.3.4+incompatible"), writers=REQUESTS),
            ]),
            None, PerWork(Work("req", REQUESTS), 3.0 * WRITER, 200.0, 0.0, 0.0), runtime="go",
        )
    )  # fmt: skip
    assert [(each.code, each.module.partition("@")[0]) for each in findings] == [
        ("HW101", ""), ("HW101", "github.com/go-chi/chi"), ("HW201", "github.com/go-chi/chi"),
    ]  # fmt: skip
    gains = [each.gain_bytes_per_work or 0 for each in findings]
    assert gains == sorted(gains, reverse=True)


def test_live_bytes_are_those_of_the_findings_paths() -> None:
    """A compressor is dead with its response: what is still live is a few at most."""
    samples = list(compressing(*OWN, writers=REQUESTS))
    live = profile([each._replace(values=(*each.values[:2], 1, 1_000)) for each in samples])
    case = Case.of(profile(samples), live, None, runtime="go")
    assert examine(case)[0].evidence.live_bytes == 1_000 * len(samples)


def test_a_recording_is_diagnosed_without_a_path(tmp_path: Path) -> None:
    """Both findings on the sick recording, none on the cured one."""
    for shape, codes in (({}, ["HW101", "HW201"]), (AFTER, [])):
        recording = load(make_recording(tmp_path / f"{len(codes)}.hw", **shape))
        window = recording.windows[0]
        assert window.after is not None
        before = recording.profiles[window.before.profile]
        after = recording.profiles[window.after.profile]
        costs = PerWork(Work("req", 2_000), 1_185_000.0, 120.0, 0.0, 0.0)
        findings = diagnose(recording, subtract(before, after), after, costs)
        assert [finding.code for finding in findings] == codes


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.CODE)
def test_every_rule_has_its_page(rule: object) -> None:
    """A summary in one line and the fixed sections, in order, none empty."""
    page = sections(rule)  # type: ignore[arg-type] # parametrised over RULES
    assert tuple(heading for heading, _ in page) == ("", *SECTIONS)
    assert all(text.strip() for _, text in page)
    assert "\n" not in page[0][1]


def test_codes_and_names_are_used_once() -> None:
    """A code means the same for ever."""
    assert len({rule.CODE for rule in RULES}) == len({rule.NAME for rule in RULES}) == len(RULES)
    assert [rule.CODE for rule in RULES] == sorted(rule.CODE for rule in RULES)
