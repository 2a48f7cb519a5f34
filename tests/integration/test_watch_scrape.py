"""What a scraper reads of real services, best source first, through restarts and for how much."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.analysis.stretch import between
from heapwise.errors import ServiceError
from heapwise.model.watch import Floor, Health, Source, Target, Vitals
from heapwise.runtimes.access import ANYONE
from heapwise.runtimes.endpoint import Endpoint
from heapwise.watch.clock import SteadyClock
from heapwise.watch.scrape import Scraper, ScrapeSettings, health_of, scraper_for
from heapwise.watch.scrape.identity import Identity
from support import faults
from support.fault_proxy import fault_proxy
from support.goservice import build_and_start
from support.prometheus import prometheus
from support.pyservice import free_port, start_service

DATA = Path(__file__).parent.parent / "data"
BUSY = ("-objects", "200", "-size", "100000", "-live", "8")
"""A Go service with 8 MiB alive that allocates 20 MB a request."""

SECOND = 1_000_000_000

CPU_MS = 18.0
"""All that a scrape may cost, so that 500 targets every 15 s take less than 60 % of a core."""


def scraper(url: str, pprof: str = "", **told: object) -> Scraper:
    target = Target(service="shop", instance="a", url=url, pprof=pprof)
    settings = ScrapeSettings(**told)  # type: ignore[arg-type] # tests name them
    return scraper_for(target, ANYONE, settings, SteadyClock())


@contextmanager
def serving(file: Path, before: str = "") -> Iterator[str]:
    """A saved page, served for every path."""
    body = before.encode() + file.read_bytes()
    with faults.serve(faults.answer("200 OK", body, "Content-Type: text/plain")) as endpoint:
        yield endpoint.origin


@pytest.mark.go
def test_a_go_service_with_nothing_but_pprof_tells_its_vitals() -> None:
    """The heap profile's footer, the index page and the system: floor, pauses, share, build."""
    with build_and_start(*BUSY) as service:
        asking = scraper(service.endpoint.url)
        service.call("/work")
        first = asking.scrape()
        assert (first.source, first.runtime) == (Source.MEMSTATS, "go")
        assert first.floor is Floor.GOAL
        assert 8 << 20 <= (first.live or 0) < 16 << 20
        assert (first.tasks or 0) >= 3
        assert first.build
        time.sleep(2)  # a share of the CPU since the start needs a start to speak of
        for _ in range(30):
            service.call("/work")
        second = asking.scrape()
    assert second.started_ns == first.started_ns
    found = between(first, second)
    assert found is not None
    assert (found.allocated or 0) >= 30 * 200 * 100_000
    assert found.pauses is not None
    assert found.pauses.coverage == 1.0
    assert found.pauses.happened == len(found.pauses.lengths_ns) > 3
    assert found.gc_share is not None
    assert 0 < found.gc_share < 0.5
    assert (found.cpu_share or 0) > 0


@pytest.mark.go
def test_a_service_elsewhere_tells_its_share_if_it_was_met_young() -> None:
    """Its first collection stands for its start, of which the system of another machine tells.

    A proxy in between makes it one: whoever listens here is not the program that answers.
    """
    with build_and_start(*BUSY) as service, fault_proxy(service.endpoint) as proxy:
        here, elsewhere = scraper(service.endpoint.url), scraper(proxy.endpoint.url)
        service.call("/work")
        first = here.scrape(), elsewhere.scrape()
        assert (first[1].rss, first[1].cpu_s) == (None, None)
        assert first[1].build == first[0].build
        time.sleep(2)
        for _ in range(30):
            service.call("/work")
        second = here.scrape(), elsewhere.scrape()
    near, far = (between(*pair) for pair in zip(first, second, strict=True))
    assert near is not None
    assert far is not None
    assert far.gc_share == pytest.approx(near.gc_share, abs=0.05)


@pytest.mark.go
def test_expvar_is_preferred_to_the_heap_profile() -> None:
    """It costs the service less, and tells the total of all pauses besides."""
    with build_and_start("-expvar") as service:
        found = scraper(service.endpoint.origin).scrape()
    assert found.source is Source.EXPVAR
    assert found.pause_total_ns is not None


@pytest.mark.go
def test_a_unix_socket_is_a_target_too(tmp_path: Path) -> None:
    """As for everything else that heapwise asks."""
    with build_and_start("-listen", f"unix:{tmp_path}/debug.sock") as service:
        found = scraper(f"unix:{tmp_path}/debug.sock").scrape()
        assert found.rss is not None
        assert found.started_ns is not None
        assert service.process.poll() is None


@pytest.mark.go
def test_the_gogc_that_a_process_was_started_with_is_used() -> None:
    """Of a process on this machine the environment tells."""
    with build_and_start(*BUSY, env={"GOGC": "400", "GOMEMLIMIT": "2GiB"}) as service:
        asking = scraper(service.endpoint.url)
        for _ in range(4):
            service.call("/work")
        found = asking.scrape()
    assert found.gogc == 400
    assert found.limit == 2 << 30


@pytest.mark.go
def test_a_service_that_was_restarted_is_another_process() -> None:
    """At the same address, with counters that have overtaken the old ones: its start tells."""
    port = free_port()
    listen = ("-listen", f"127.0.0.1:{port}")
    with build_and_start(*listen) as service:
        asking = scraper(service.endpoint.url)
        before = asking.scrape()
        assert between(before, asking.scrape()) is not None
    with pytest.raises(ServiceError) as caught:
        asking.scrape()
    assert health_of(caught.value) is Health.DOWN
    time.sleep(2.1)  # starts within two seconds of each other are not told apart
    with build_and_start(*listen, *BUSY) as service:
        for _ in range(20):
            service.call("/work")
        after = asking.scrape()
        assert (after.allocated or 0) > (before.allocated or 0)
        assert between(before, after) is None
        assert between(after, asking.scrape()) is not None
    assert after.build == before.build


@pytest.mark.go
def test_a_ring_asks_to_be_read_before_it_is_full() -> None:
    """Half of 256 at the rate of the last two readings."""
    with build_and_start(*BUSY) as service:
        asking = scraper(service.endpoint.url)
        service.call("/work")
        asking.scrape()
        assert asking.pace.within_ns is None
        for _ in range(5):
            service.call("/work")
        first = asking.scrape()
        assert asking.pace.within_ns is not None
        second = asking.scrape()
    assert first.cycles is not None
    assert (second.cycles or 0) - first.cycles <= 1


def test_a_python_service_with_the_agent_tells_its_vitals() -> None:
    """What is in use, every collection with its generation, the share of the CPU, the tasks."""
    with start_service() as service:
        asking = scraper(service.endpoint.origin)
        first = asking.scrape()
        assert (first.source, first.floor) == (Source.AGENT, Floor.IN_USE)
        assert (first.tasks or 0) >= 1
        for _ in range(3):
            service.call("/cycles?count=100000")
        second = asking.scrape()
    found = between(first, second)
    assert found is not None
    assert found.pauses is not None
    assert found.pauses.happened == len(found.pauses.lengths_ns) == len(found.pauses.generations)
    assert found.pauses.generations.count(2) >= 3
    assert found.gc_share is not None
    assert found.gc_of_used is not None
    assert 0 < found.gc_share <= found.gc_of_used <= 1
    assert (found.rss or 0) > 1 << 20


def test_a_real_prometheus_is_read_by_its_page_and_its_profiles_together(tmp_path: Path) -> None:
    """client_golang's default page lacks pauses and the share of CPU; MemStats beside it do not."""
    with prometheus(tmp_path, {}) as server:
        url = server.url
        whole = scraper(url, build_label="revision")
        both = whole.scrape()
        page = scraper(f"{url}/metrics").scrape()
        named = scraper(f"{url}/metrics", f"{url}/debug/pprof").scrape()
    assert both.source is page.source is named.source is Source.PROMETHEUS
    assert (page.pauses, page.gc_fraction) == ((), None)
    for found in (both, named):
        assert 0 <= len(found.pauses) - (found.cycles or 0) <= 2  # which were read just before
        assert found.gc_fraction is not None
        assert None not in (found.threads, found.rss, found.cpu_s, found.started_ns)
    assert both.build.startswith("2.")
    assert both.version.startswith("go1.")
    assert (both.floor, page.floor) == (Floor.GOAL, Floor.GOAL)


def test_a_page_with_the_runtimes_own_metrics_needs_no_other_source() -> None:
    """The exact live heap and CPU by class; pauses by decade are all that it has of those."""
    with serving(DATA / "gctrace" / "metrics-runtime-1.txt") as url:
        found = scraper(f"{url}/metrics").scrape()
    assert found.floor is Floor.EXACT
    assert found.gc_cpu_s is not None
    assert found.pause_histogram is not None


@contextmanager
def answering(pages: dict[str, bytes]) -> Iterator[str]:
    """A server of pages by path, which may change; everything else is not found."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            self.send_response(404 if page is None else 200)
            self.end_headers()
            self.wfile.write(page or b"404 page not found\n")

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


class Hand(SteadyClock):
    """A clock that somebody sets, and that goes on by a step whenever it is asked."""

    def __init__(self, step_ns: int = 1) -> None:
        self.at_ns, self.step_ns = 1_800_000_000 * SECOND, step_ns

    def now_ns(self) -> int:
        self.at_ns += self.step_ns
        return self.at_ns


NAMES = st.sampled_from([
    "memstats", "heapwise", "version", "pid", "workers", "TotalAlloc", "Mallocs", "Frees", "NumGC",
    "PauseNs", "PauseEnd", "NextGC", "HeapAlloc", "Sys", "work", "heapwise_work", "unavailable",
])  # fmt: skip
"""Of what is read of a page of variables."""


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


HEAP = (DATA / "goservice" / "heap-go1.27.3.txt").read_bytes()


METRICS = (DATA / "gctrace" / "metrics-runtime-1.txt").read_bytes()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real page with something else in the middle."""
    page = draw(st.sampled_from([HEAP, METRICS]))
    begin = draw(st.integers(0, len(page)))
    end = draw(st.integers(begin, min(len(page), begin + 200)))
    return page[:begin] + draw(st.binary(max_size=20)) + page[end:]


@pytest.fixture(scope="module")
def changing() -> Iterator[tuple[dict[str, bytes], str]]:
    """A server, and its pages."""
    pages: dict[str, bytes] = {}
    with answering(pages) as address:
        yield pages, address


@given(bodies=st.lists(st.binary(max_size=99) | damaged() | JSON.map(as_json), min_size=1))
@settings(max_examples=50)
def test_no_answer_raises_anything_but_what_was_promised(
    changing: tuple[dict[str, bytes], str], bodies: list[bytes]
) -> None:
    """Whatever the pages hold, in whatever order they come; and nothing drives a terminal."""
    pages, address = changing
    asking = scraper(address)
    for body in bodies:
        pages |= {"/debug/vars": body, "/debug/pprof/heap?debug=1": body, "/metrics": body}
        try:
            told = asking.scrape().version
        except ServiceError as error:
            told = str(error)
        assert told.isprintable()


def test_a_server_with_metrics_and_nothing_else_is_found_by_its_address() -> None:
    """Nobody has to say that there are no profiles."""
    page = (DATA / "gctrace" / "metrics-default.txt").read_bytes()
    with answering({"/metrics": page}) as address:
        found = scraper(address).scrape()
    assert (found.source, found.cycles) == (Source.PROMETHEUS, 42)


def test_an_agent_that_cannot_measure_says_why() -> None:
    """In its own words, without what those would do to a terminal."""
    about = {"version": "1", "unavailable": "no sampler \x1b[31m for this libc"}
    page = as_json({"heapwise": about, "memstats": {}})
    with answering({"/debug/vars": page}) as address:
        asking = scraper(address)
        with pytest.raises(ServiceError, match="no sampler") as caught:
            asking.scrape()
    assert str(caught.value).isprintable()


def test_a_better_source_is_looked_for_once_an_hour() -> None:
    """A metrics page that was not there at first, as behind a proxy that was not ready."""
    pages, clock = {"/debug/pprof/heap?debug=1": HEAP}, Hand()
    with answering(pages) as address:
        target = Target(service="shop", instance="a", url=address)
        asking = scraper_for(target, ANYONE, ScrapeSettings(), clock)
        assert asking.scrape().source is Source.MEMSTATS
        pages["/metrics"] = b"go_goroutines 3\ngo_memstats_alloc_bytes_total 9e+15\n"
        clock.at_ns += 3599 * SECOND
        assert asking.scrape().source is Source.MEMSTATS
        clock.at_ns += 2 * SECOND
        found = asking.scrape()
    assert (found.source, found.tasks) == (Source.PROMETHEUS, 3)
    assert found.pauses


BEGAN_S = 1_799_999_000
DATED = (
    b"go_goroutines 3\nprocess_start_time_seconds %d\n"
    b"go_memstats_alloc_bytes_total 9e+15\ngo_gc_duration_seconds_count 1\n"
)


def while_its_page_was_away(back_s: int, **ring: list[int]) -> list[Vitals]:
    """Of a process that tells its start on a metrics page only: before, meanwhile, afterwards."""
    counted = {"TotalAlloc": 9 * 10**15, "Mallocs": 9, "Frees": 1, "HeapAlloc": 5, "NumGC": 1}
    memstats: dict[str, object] = {**counted, **ring}
    pages, clock = {"/debug/vars": as_json({"memstats": memstats})}, Hand()
    pages["/metrics"] = DATED % BEGAN_S
    with answering(pages) as address:
        target = Target(service="shop", instance="a", url=address)
        asking = scraper_for(target, ANYONE, ScrapeSettings(), clock)
        told = [asking.scrape()]
        del pages["/metrics"]
        for _ in range(2):
            with pytest.raises(ServiceError):
                asking.scrape()
        told.append(asking.scrape())
        pages["/metrics"] = DATED % back_s
        clock.at_ns += 3601 * SECOND
        told.append(asking.scrape())
    sources = [each.source for each in told]
    assert sources == [Source.PROMETHEUS, Source.EXPVAR, Source.PROMETHEUS]
    return told


def test_a_metrics_page_that_fails_for_a_while_is_no_restart() -> None:
    """What is beside it dates the process by its first collection, long after its start."""
    rest = [0] * 255
    ends = [(BEGAN_S + 20) * SECOND, *rest]
    told = while_its_page_was_away(BEGAN_S, PauseNs=[7, *rest], PauseEnd=ends)
    assert all(between(*pair) is not None for pair in pairwise(told))


def test_a_process_that_was_replaced_while_its_page_was_away_is_another_one() -> None:
    """Where nothing but the page tells: by the start that it told last."""
    _, without, after = while_its_page_was_away(BEGAN_S + 60)
    assert after.started_ns == (BEGAN_S + 60) * SECOND
    assert between(without, after) is None


@pytest.mark.parametrize(("apart_s", "counts"), [(15, [3, None, None, None, 3]), (180, [3] * 5)])
def test_goroutines_are_counted_by_time_however_far_scrapes_are_apart(
    apart_s: int, counts: list[int | None]
) -> None:
    """Every fourth of readings 15 s apart asks the index page too, and every one 3 min apart."""
    index = b"<td>3</td><td><a href=goroutine?debug=1>goroutine</a>"
    pages, clock = {"/debug/pprof/heap?debug=1": HEAP, "/debug/pprof/": index}, Hand()
    with answering(pages) as address:
        target = Target(service="shop", instance="a", url=address)
        asking = scraper_for(target, ANYONE, ScrapeSettings(), clock)
        found = []
        for _ in counts:
            found.append(asking.scrape().tasks)
            clock.at_ns += apart_s * SECOND
    assert found == counts


@pytest.mark.parametrize("parent", [(1,), ()], ids=["the parent answers", "any worker answers"])
def test_workers_that_are_replaced_leave_their_service_what_it_is(parent: tuple[int, ...]) -> None:
    """As by `max_requests` of gunicorn, one after the other."""
    pages: dict[str, bytes] = {}
    events = as_json({"version": 1, "next": 1, "events": []})
    pages["/debug/pprof/gc/events?since=1"] = events
    told = []
    with answering(pages) as address:
        asking = scraper(address)
        for number in range(5):
            pids = (*parent, *range(2 + number, 6 + number))
            workers = [{"pid": pid} for pid in pids]
            pid = pids[number % 2] if not parent else 1
            about = {"version": "1", "runtime": "CPython 3.12.1", "pid": pid, "workers": workers}
            counted = {"TotalAlloc": 100 * number, "Mallocs": number, "Frees": 0, "NumGC": 0}
            pages["/debug/vars"] = as_json({"heapwise": about, "memstats": counted})
            told.append(asking.scrape())
        pages["/debug/vars"] = pages["/debug/vars"].replace(b'"pid": ', b'"pid": 9')
        told.append(asking.scrape())
    stretches = [between(*pair) for pair in pairwise(told)]
    assert [each and each.allocated for each in stretches] == [100.0, 100.0, 100.0, 100.0, None]


def test_workers_that_come_after_the_first_belong_to_the_process_that_forked_all() -> None:
    """What they use together is that one's with its children; it was met with one worker."""
    serve = "import socket as s; l = s.create_server(('127.0.0.1', 0)); print(l.getsockname()[1])"
    with ended(f"{serve}; input()") as leader, ended("input()") as other:
        assert leader.stdout is not None
        page = Endpoint.parse(f"127.0.0.1:{leader.stdout.readline().strip()}")
        met = Identity(pid=leader.pid, started_ns=1, workers=1)
        assert met.staffed(page, (leader.pid,), 2).pid == leader.pid
        both = met.staffed(page, (leader.pid, other.pid), 2)
        assert both.pid == os.getpid()
        assert both.staffed(page, (leader.pid,), 3).pid == os.getpid()


@contextmanager
def ended(code: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process, killed in the end."""
    command = [sys.executable, "-uc", code]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_page_of_another_process_is_not_mixed_in() -> None:
    """What a proxy in front says of itself: it has allocated less than the service."""
    of_a_proxy = b"go_goroutines 3\ngo_memstats_alloc_bytes_total 5\n"
    with answering({"/debug/pprof/heap?debug=1": HEAP, "/metrics": of_a_proxy}) as address:
        found = scraper(address).scrape()
    assert (found.source, found.tasks) == (Source.MEMSTATS, None)


@pytest.mark.parametrize(("took_ms", "rest_s"), [(10, 0), (300, 15), (3000, 150)])
def test_a_service_that_is_slow_over_its_heap_profile_is_left_alone(
    took_ms: int, rest_s: int
) -> None:
    """Fifty times as long as the answer took: it costs the service half a millisecond a stack."""
    with answering({"/debug/pprof/heap?debug=1": HEAP}) as address:
        target = Target(service="shop", instance="a", url=address)
        clock = Hand()
        asking = scraper_for(target, ANYONE, ScrapeSettings(), clock)
        asking.scrape()
        clock.step_ns = took_ms * SECOND // 1000 // 2  # asked at the start, on the way, at the end
        asking.scrape()
    assert asking.pace.rest_ns == pytest.approx(rest_s * SECOND)


def test_work_is_the_sum_of_a_counters_label_sets() -> None:
    """A counter that is not there yet is unknown work, and no fault."""
    counters = 'http_requests_total{code="200"} 7\nhttp_requests_total{code="500"} 2\n'
    with serving(DATA / "gctrace" / "metrics-default.txt", counters) as url:
        assert scraper(f"{url}/metrics", requests="http_requests_total").scrape().work == 9
        assert scraper(f"{url}/metrics", requests="jobs_total").scrape().work is None


def test_what_the_configuration_says_of_a_target_is_added() -> None:
    """Its build by a label, and a limit that nothing else tells."""
    settings = ScrapeSettings(build_label="version", limit=1 << 30)
    with serving(DATA / "gctrace" / "metrics-default.txt") as url:
        target = Target(
            service="shop", instance="a", url=f"{url}/metrics", labels=(("version", "v7"),)
        )
        found = scraper_for(target, ANYONE, settings, SteadyClock()).scrape()
    assert (found.build, found.limit) == ("v7", 1 << 30)


def test_a_page_of_many_processes_is_strange() -> None:
    """A gateway's page: nothing on it is one process's."""
    body = b'go_goroutines{instance="a"} 3\ngo_goroutines{instance="b"} 4\n'
    with faults.serve(faults.answer("200 OK", body)) as endpoint:
        asking = scraper(f"{endpoint.origin}/metrics")
        with pytest.raises(ServiceError, match="labels of other processes") as caught:
            asking.scrape()
    assert health_of(caught.value) is Health.STRANGE


def milliseconds(asking: Scraper) -> float:
    """CPU time of one scrape, mean of many."""
    asking.scrape()
    begin = time.thread_time()
    for _ in range(20):
        asking.scrape()
    return (time.thread_time() - begin) * 1000 / 20


@pytest.mark.load
@pytest.mark.go
def test_a_scrape_costs_little(capsys: pytest.CaptureFixture[str]) -> None:
    """CPU time of a page of metrics of 18 KB, of expvar, and of heap profiles of 25 KB and 1 MB."""
    costs = {}
    with serving(DATA / "gctrace" / "metrics-runtime-1.txt") as url:
        costs["metrics, 207 lines"] = milliseconds(scraper(f"{url}/metrics"))
    with build_and_start("-expvar") as service:
        costs["expvar"] = milliseconds(scraper(service.endpoint.url))
    for stacks in (0, 300):
        with build_and_start("-stacks", f"{stacks}", "-profilerate", "1") as service:
            costs[f"heap profile, {stacks} stacks"] = milliseconds(scraper(service.endpoint.url))
    with capsys.disabled():
        sys.stdout.writelines(f"\n{what}: {cost:.2f} ms" for what, cost in costs.items())
    assert all(cost < CPU_MS for cost in costs.values())
