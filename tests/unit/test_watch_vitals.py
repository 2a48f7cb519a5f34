"""What the pages of a target say of it, and what cannot be believed."""

from __future__ import annotations

import json
import os
import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from prometheus_client import CollectorRegistry, Counter, GCCollector, Info, PlatformCollector
from prometheus_client.exposition import generate_latest

from heapwise.analysis.stretch import between, is_fine
from heapwise.errors import ProfileError
from heapwise.formats.agentvars import parse_agent_vars
from heapwise.formats.gcevents import parse_gc_events
from heapwise.formats.memstats import parse_expvar, parse_memstats
from heapwise.formats.prometheus_text import label_of_build, parse_metrics
from heapwise.model.gc import Pause
from heapwise.model.watch import Floor, Source, Vitals
from heapwise.runtimes.access import Access
from heapwise.runtimes.endpoint import Endpoint
from heapwise.watch.scrape.from_agent import vitals_of_agent
from heapwise.watch.scrape.from_memstats import vitals_of_memstats
from heapwise.watch.scrape.from_metrics import vitals_of_metrics
from heapwise.watch.scrape.identity import Identity
from support.certificates import make_certificates

DATA = Path(__file__).parent.parent / "data"
AT_NS = 1_800_000_000_000_000_000


def of_metrics(text: str, at_ns: int = AT_NS) -> Vitals:
    return vitals_of_metrics(parse_metrics(text.split("\n")), at_ns)


def page(name: str) -> Vitals:
    return of_metrics((DATA / "gctrace" / f"metrics-{name}.txt").read_text())


def test_runtime_metrics_tell_everything() -> None:
    """A real page of client_golang `WithGoCollectorRuntimeMetrics`."""
    found = page("runtime-1")
    assert (found.runtime, found.source, found.floor) == ("go", Source.PROMETHEUS, Floor.EXACT)
    assert found.version.startswith("go1.26")
    assert found.live == 36_519_712
    assert found.pause_histogram is not None
    assert found.gc_cpu_s is not None
    assert found.cpu_available_s is not None
    assert 0 < found.gc_cpu_s < found.cpu_available_s
    assert found.cpu_counted_s is not None
    assert found.gc_cpu_s < found.cpu_counted_s < found.cpu_available_s
    assert (found.gogc, found.limit) == (100, None)


def test_a_page_by_default_tells_the_live_heap_by_the_goal() -> None:
    """The same program through `NewGoCollector()`: the goal and GOGC, no histogram, no CPU."""
    found = page("default")
    assert found.floor is Floor.GOAL
    assert found.live == pytest.approx(33.87e6, rel=0.01)
    assert (found.pause_histogram, found.gc_cpu_s) == (None, None)
    assert found.pause_total_ns == pytest.approx(7_955_215)
    assert (found.cycles, found.tasks, found.threads) == (42, 4, 7)
    assert found.started_ns == pytest.approx(1_795_250_365_170_000_000)


def test_a_memory_limit_is_told() -> None:
    """The one that Go was given, and not what it prints for none."""
    assert page("limit").limit == 60 << 20
    assert page("default").limit is None


def test_a_collector_that_is_off_has_no_goal() -> None:
    """The runtime prints the largest numbers there are; the heap is all that can be told."""
    off = "go_gc_gogc_percent 1.8446744073709552e+19\ngo_memstats_next_gc_bytes 9.2e+18\n"
    found = of_metrics(f"{off}go_memstats_heap_alloc_bytes 7e+07\ngo_goroutines 3\n")
    assert (found.gogc, found.goal, found.live, found.floor) == (0, None, 7e7, Floor.HEAP)


def test_two_pages_make_a_stretch() -> None:
    """Of one process, a moment later."""
    text = (DATA / "gctrace" / "metrics-runtime-2.txt").read_text()
    found = between(page("runtime-1"), of_metrics(text, AT_NS + 1))
    assert found is not None
    assert found.gc_share is None or 0 <= found.gc_share <= 1


def test_the_histogram_of_client_golang_is_coarse() -> None:
    """It merges the runtime's own buckets, which tell a quantile, to one a decade."""
    found = page("runtime-1").pause_histogram
    assert found is not None
    assert not is_fine(found)


def python_page() -> str:
    """What prometheus_client tells of this very process, with one counter of work."""
    registry = CollectorRegistry()
    GCCollector(registry)
    PlatformCollector(registry)
    Counter("jobs", "done", ["kind"], registry=registry).labels("a").inc(3)
    Info("app_build", "of it", registry=registry).info({"revision": "abc123"})
    return generate_latest(registry).decode() + (
        "process_resident_memory_bytes 2.4e+07\nprocess_start_time_seconds 1.7e+09\n"
        "process_cpu_seconds_total 0.5\n"
    )


def test_a_python_page_tells_the_process() -> None:
    """Resident memory is all there is of its heap; collections are those of the oldest."""
    found = of_metrics(python_page())
    assert (found.runtime, found.floor, found.live, found.rss) == (
        "python", Floor.RSS, 2.4e7, 2.4e7,
    )  # fmt: skip
    assert found.version.startswith("3.")
    assert found.cycles is not None
    assert found.started_ns == 1_700_000_000_000_000_000
    assert found.cpu_s == 0.5


def test_a_build_is_told_by_a_label() -> None:
    """Of the first metric that tells of builds and carries it."""
    assert label_of_build(python_page(), "revision") == "abc123"
    assert label_of_build(python_page(), "branch") == ""
    assert label_of_build('x_build_info{myrevision="no"} 1\n', "revision") == ""


def test_the_build_that_go_itself_tells_is_read() -> None:
    """Of `collectors.NewBuildInfoCollector`; a build without a version tells nothing."""
    line = 'go_build_info{{checksum="",path="example.com/a",version="{}"}} 1\ngo_goroutines 3\n'
    assert of_metrics(line.format("v1.2.3")).build == "v1.2.3"
    assert of_metrics(line.format("(devel)")).build == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no metrics of one process"),
        ("hello\n", "no metrics of one process"),
        ('go_goroutines{instance="a"} 3\n', "labels of other processes"),
        ("go_goroutines NaN\n", "no metrics of one process"),
        ("go_goroutines 3\ngo_memstats_alloc_bytes_total -5\n", "alloc_bytes_total is -5"),
        ("go_goroutines 3\ngo_gc_heap_live_bytes 1e300\n", "heap_live_bytes is 1e"),
        ("go_goroutines 3\ngo_goroutines 4\n", "occurs twice"),
    ],
)
def test_a_page_that_tells_of_no_process_is_refused(text: str, why: str) -> None:
    """In words that name the metric."""
    with pytest.raises(ProfileError, match=why):
        of_metrics(text)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([
                "go_goroutines", "go_gc_heap_live_bytes", "go_memstats_next_gc_bytes",
                "go_gc_gogc_percent", "go_gc_gomemlimit_bytes", "process_start_time_seconds",
                "go_memstats_last_gc_time_seconds", "go_gc_duration_seconds_sum",
                "go_cpu_classes_gc_total_cpu_seconds_total", "python_info", "go_threads",
            ]),
            st.one_of(
                st.floats().map(repr), st.sampled_from(["+Inf", "-Inf", "NaN", "0x7", "9" * 40])
            ),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_no_number_of_a_page_does_harm(samples: list[tuple[str, str]]) -> None:
    """Every page is read or refused, and what is read is an amount."""
    text = "".join(f"{name} {value}\n" for name, value in samples)
    try:
        found = of_metrics(text)
    except ProfileError:
        return
    assert all(
        value >= 0
        for value in (getattr(found, name) for name in found.__struct_fields__)
        if isinstance(value, int | float)
    )


def test_memstats_tell_the_ring_and_the_share() -> None:
    """A real footer of Go 1.27."""
    text = (DATA / "goservice" / "heap-go1.27.3.txt").read_bytes()
    stats = parse_memstats(text)
    found = vitals_of_memstats(stats, AT_NS, Source.MEMSTATS, {})
    assert found.cycles == stats.counters.num_gc
    assert len(found.pauses) == min(256, stats.counters.num_gc)
    assert found.allocated == stats.counters.total_alloc
    assert found.gc_fraction is not None
    assert found.pause_total_ns is None
    assert found.started_ns is None


def memstats(**told: object) -> Vitals:
    base = {"TotalAlloc": 9 << 20, "Mallocs": 9, "Frees": 1, "HeapAlloc": 30 << 20, "NumGC": 1}
    text = json.dumps({"memstats": {**base, **told}})
    return vitals_of_memstats(parse_expvar(text), AT_NS, Source.EXPVAR, {"GOGC": "50"})


def test_expvar_tells_the_live_heap_with_the_gogc_of_the_process() -> None:
    """A goal of 60 MiB at GOGC=50 is 40 MiB that live."""
    found = memstats(NextGC=60 << 20)
    assert (found.live, found.floor, found.goal) == (40 << 20, Floor.GOAL, 60 << 20)


def test_where_the_goal_does_not_tell_the_heap_stands_for_it() -> None:
    """There is none where the collector is off."""
    off = memstats(NextGC=2**63 - 1)
    assert (off.live, off.floor, off.goal) == (30 << 20, Floor.HEAP, None)


def test_the_smallest_goal_leaves_room_for_a_small_heap() -> None:
    """A floor of the same kind as that of the larger heap it may become, and not above it."""
    least = 4 << 20  # times GOGC, which is a half
    for allocated, live in ((1 << 20, 1 << 20), (30 << 20, (least / 2) / 1.5)):
        found = memstats(NextGC=least // 2, HeapAlloc=allocated)
        assert (found.live, found.floor) == (live, Floor.GOAL)
    assert (memstats(NextGC=least // 2 + 6).live or 0) == pytest.approx((least / 2) / 1.5, rel=1e-4)


def test_before_the_first_collection_there_is_no_floor() -> None:
    """All that was ever allocated is still there, dead or alive."""
    found = memstats(NumGC=0, NextGC=4 << 20)
    assert (found.live, found.floor, found.heap) == (None, None, 30 << 20)


def test_the_total_of_pauses_is_read_from_expvar() -> None:
    """The footer of a heap profile lacks it."""
    assert memstats(PauseTotalNs=77).pause_total_ns == 77


def agent(workers: tuple[int, ...] = (), pid: int = 7, **memory: object) -> Vitals:
    told = {"TotalAlloc": 900, "Mallocs": 9, "Frees": 1, "HeapAlloc": 300, "NumGC": 2, **memory}
    about = {"version": "1", "runtime": "CPython 3.11.7", "pid": pid, "work": {"row": 12}}
    about["workers"] = [{"pid": each, "answers": True} for each in workers]
    found = parse_agent_vars(json.dumps({"heapwise": about, "memstats": told}))
    assert found is not None
    events = parse_gc_events('{"version": 1, "next": 3, "events": []}')
    return vitals_of_agent(found, events, AT_NS)


def test_the_agent_tells_what_is_in_use() -> None:
    """And what its one unit of work is."""
    found = agent(Sys=5000, PauseTotalNs=2_000_000_000)
    assert (found.runtime, found.version, found.live, found.floor) == (
        "python", "3.11.7", 300, Floor.IN_USE,
    )  # fmt: skip
    assert (found.rss, found.gc_cpu_s, found.work) == (5000, 2.0, 12)
    assert found.process is not None


def test_an_amount_of_the_agent_that_is_none_is_unknown() -> None:
    """Whatever stands in its place."""
    assert agent(Sys="much").rss is None
    assert agent(Sys=-1).rss is None
    assert agent(HeapAlloc=None).live is None


def test_a_worker_that_is_replaced_is_no_restart_of_its_service() -> None:
    """Who answers for all keeps what it counted; who answers anew begins anew."""
    before = agent(workers=(7, 8, 9), HeapAlloc=500)
    recycled = replace(agent(workers=(7, 8, 21), TotalAlloc=950), at_ns=AT_NS + 1)
    found = between(before, recycled)
    assert found is not None
    assert (found.allocated, found.live) == (50, 300)
    restarted = agent(workers=(31, 32, 33), pid=31, TotalAlloc=9999)
    assert between(before, replace(restarted, at_ns=AT_NS + 1)) is None
    assert agent(pid=0).process is None


def test_workers_that_come_and_go_have_had_the_time_that_they_were_there() -> None:
    """One for 10 s, three for 10 s, two for 10 s; a page that says nothing of them changes none."""
    known = Identity(started_ns=AT_NS, workers=1)
    told = []
    for after_s, workers in ((10, (1, 2, 3)), (20, (1, 9)), (25, ()), (30, (1, 9))):
        now = replace(agent(), at_ns=AT_NS + after_s * 10**9)
        known = known.staffed(Endpoint.parse("192.0.2.1:6060"), workers, now.at_ns)
        told.append(known.complete(now).cpu_available_s)
    assert told == [10, 40, 50, 60]


def test_the_start_that_was_told_first_stays() -> None:
    """Pages of one process date it differently; none of them makes it another one."""
    page = of_metrics("go_goroutines 3\nprocess_start_time_seconds 1.7e+09\n")
    known = Identity().dated(page)
    assert known.dated(replace(page, started_ns=5)).complete(page).started_ns == 17 * 10**17
    first = Pause(number=1, end_ns=18 * 10**17, pause_ns=9)
    ring = replace(memstats(), pauses=(first,))
    assert known.dated(ring).complete(ring).started_ns == 17 * 10**17
    late = Identity().dated(ring)
    assert late.dated(page).complete(page).started_ns == 18 * 10**17


def test_what_tls_needs_is_read_again_only_when_it_was_renewed(tmp_path: Path) -> None:
    """Reading the authorities takes longer than a scrape; certificates last for days."""
    files = make_certificates(tmp_path)
    access = Access(authority=files.certificate)
    first = access.tls()
    assert Access(authority=files.certificate, headers=(("X", "1"),)).tls() is first
    os.utime(files.certificate, ns=(0, 7))
    assert access.tls() is not first
    assert Access(authority=files.certificate, verify=False).tls().verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize(
    ("line", "floor"),
    [
        ("go_memstats_next_gc_bytes 1.8446744073709552e+19", Floor.HEAP),
        ("go_memstats_gc_cpu_fraction -0.00014404354379774563", None),
        (
            (
                'go_sched_latencies_seconds_bucket{le="-5e-324"} 0\n'
                'go_sched_latencies_seconds_bucket{le="1e-09"} 3\n'
                'go_sched_latencies_seconds_bucket{le="+Inf"} 4'
            ),
            None,
        ),
    ],
)
def test_figures_of_old_runtimes_do_not_cost_the_page(line: str, floor: Floor | None) -> None:
    """GOGC=off, a share just below zero and edges next to it, as pages of old services have."""
    heap = "go_goroutines 5\ngo_gc_duration_seconds_count 3\n"
    if floor is not None:
        heap += "go_memstats_heap_alloc_bytes 1e6\n"
    found = of_metrics(heap + line + "\n")
    assert (found.tasks, found.floor) == (5, floor)
    assert (found.goal, found.gc_fraction) == (None, None)


def test_figures_of_the_application_do_not_cost_the_page() -> None:
    """A histogram of its own may begin below zero, and what others pushed has other versions."""
    found = of_metrics(
        "go_goroutines 5\n"
        'process_skew_seconds_bucket{le="-1"} 0\nprocess_skew_seconds_bucket{le="+Inf"} 3\n'
        'go_info{version="go1.27.3"} 1\ngo_info{instance="",job="nightly",version="go1.11"} 1\n'
    )
    assert (found.tasks, found.version) == (5, "go1.27.3")


def test_gogc_of_the_process_counts_where_an_old_page_does_not_tell_it() -> None:
    """At GOGC=400 a goal of 500 MB is five times the live heap; what the page says comes first."""
    text = (
        "go_goroutines 5\ngo_gc_duration_seconds_count 3\n"
        "go_memstats_next_gc_bytes 5e8\ngo_memstats_heap_alloc_bytes 3e8\n"
    )
    given = {"GOGC": "400"}
    old = vitals_of_metrics(parse_metrics(text.split("\n")), AT_NS, given)
    new = vitals_of_metrics(
        parse_metrics((text + "go_gc_gogc_percent 100\n").split("\n")), AT_NS, given
    )
    limited = vitals_of_metrics(parse_metrics(text.split("\n")), AT_NS, {"GOMEMLIMIT": "512MiB"})
    assert (old.live, old.floor) == (100e6, Floor.GOAL)
    assert (new.live, new.floor) == (250e6, Floor.GOAL)
    assert (limited.live, limited.floor) == (300e6, Floor.HEAP)


def test_a_collector_switched_off_by_the_program_stays_off() -> None:
    """The page says GOGC=off; what the process was started with says nothing any more."""
    told = of_metrics("go_goroutines 5\ngo_gc_gogc_percent 1.8446744073709552e+19\n")
    assert told.gogc == 0
    assert Identity(settings={"GOGC": "200"}).complete(told).gogc == 0
