"""A real Go service: recognised, read, fenced."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from heapwise.errors import ServiceError
from heapwise.formats.memstats import parse_memstats
from heapwise.runtimes.fetch import Endpoint, get, pin
from heapwise.runtimes.go.buildinfo import go_version
from heapwise.runtimes.go.toolchain import find_go
from heapwise.runtimes.local import is_same_host, listener
from heapwise.runtimes.registry import recognise
from support.goservice import GoService, binary, build_and_start

pytestmark = pytest.mark.go
ALLOCATED = re.compile(rb"heap profile: \d+: \d+ \[\d+: (\d+)\] @ heap/2\n")


def test_a_service_is_recognised_with_version_and_settings() -> None:
    """The version comes from the executable, the settings from its environment."""
    with build_and_start(env={"GOGC": "77", "SECRET": "x"}) as service:
        runtime, info = recognise(service.endpoint)
        assert listener(service.endpoint) == service.pid
    assert runtime.name == info.runtime == "go"
    assert info.version == find_go().version == go_version(binary())
    assert info.settings.items() >= {"GOGC": "77", "MemProfileRate": "524288"}.items()
    assert "SECRET" not in info.settings
    assert info.same_host
    assert info.url == service.endpoint.origin


def test_a_service_on_a_unix_socket_is_recognised_and_read(tmp_path: Path) -> None:
    """`unix:/path` is an endpoint like any other."""
    with build_and_start("-listen", f"unix:{tmp_path / 'svc.sock'}") as service:
        assert pin(service.endpoint) == service.endpoint
        runtime, info = recognise(service.endpoint)
        assert listener(service.endpoint) == service.pid
        assert runtime.read(service.endpoint).counters.total_alloc > 0
    assert (info.runtime, info.same_host) == ("go", True)


def test_a_service_without_pprof_is_told_how_to_mount_it() -> None:
    """A Go service that lacks the profiles answers 404, and the error says what to import."""
    with build_and_start("-nopprof") as service, pytest.raises(ServiceError) as caught:
        recognise(service.endpoint)
    assert "answered 404: '404 page not found'" in str(caught.value)
    assert 'import _ "net/http/pprof"' in caught.value.hint


def test_a_write_timeout_is_named() -> None:
    """A server that cuts its answers short breaks off, and the error says why that happens."""
    with (
        build_and_start("-writetimeout", "1ms", "-stacks", "300", "-profilerate", "1") as service,
        pytest.raises(ServiceError, match="WriteTimeout"),
    ):
        recognise(service.endpoint)


@pytest.mark.parametrize("flags", [(), ("-expvar",)], ids=["heap text", "expvar"])
def test_counters_agree_with_what_the_service_counts_itself(flags: tuple[str, ...]) -> None:
    """A reading lies between two counts the service takes by itself, just before and after."""
    with build_and_start(*flags) as service:
        runtime, _ = recognise(service.endpoint)
        before = service.counters()
        reading = runtime.read(service.endpoint)
        after = service.counters()
        tasks = runtime.tasks(service.endpoint)
    assert before["total_alloc"] <= reading.counters.total_alloc <= after["total_alloc"]
    assert before["mallocs"] <= reading.counters.mallocs <= after["mallocs"]
    assert before["num_gc"] <= reading.counters.num_gc <= after["num_gc"]
    assert reading.contradictions == ()
    assert abs(tasks - after["goroutines"]) <= 2


def test_the_expvar_of_another_process_is_left_alone() -> None:
    """A proxy in Go that passes only /debug/pprof on answers /debug/vars for itself."""
    with build_and_start("-expvar") as service, build_and_start("-expvar") as proxy:
        service.call("/gc")
        for _ in range(3):
            proxy.call("/gc")  # its counters are ahead, so that nothing seems to go back
        own = get(service.endpoint, "heap", query="debug=1").body
        pages = {"/debug/pprof/heap?debug=1": own, "/debug/vars": proxy.call("/debug/vars")}
        with pages_server(pages) as endpoint:
            runtime, _ = recognise(endpoint)
            counters = runtime.read(endpoint).counters
        assert counters == parse_memstats(own).counters


@contextmanager
def pages_server(pages: dict[str, bytes]) -> Iterator[Endpoint]:
    """A server of fixed pages."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(pages[self.path])

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Endpoint.parse(f"127.0.0.1:{server.server_address[1]}")
        server.shutdown()


def test_expvar_spares_a_service_with_many_stacks() -> None:
    """Where expvar is mounted a reading does not grow with the profile."""
    flags = ("-stacks", "300", "-profilerate", "1")
    costs = []
    for more in ((), ("-expvar",)):
        with build_and_start(*flags, *more) as service:
            runtime, _ = recognise(service.endpoint)
            readings = [runtime.read(service.endpoint).counters.total_alloc for _ in range(4)]
        costs.append(min(later - first for first, later in itertools.pairwise(readings)))
    text, expvar = costs
    assert text > 5 * expvar


def test_pauses_are_numbered_without_gaps_over_a_full_ring() -> None:
    """After 300 collections the 256 newest pauses are there, in order, the last one ours."""
    with build_and_start() as service:
        runtime, _ = recognise(service.endpoint)
        for _ in range(300):
            service.call("/gc")
        reading = runtime.read(service.endpoint)
    numbers = [pause.number for pause in reading.pauses]
    assert reading.counters.num_forced_gc == 300
    assert numbers == list(range(reading.counters.num_gc - 255, reading.counters.num_gc + 1))
    assert reading.pauses[-1].end_ns == reading.counters.last_gc_ns


def test_a_fence_forces_as_many_collections_as_it_says() -> None:
    """NumForcedGC rises by `cycles_forced` between the readings around a fence."""
    with build_and_start() as service:
        runtime, _ = recognise(service.endpoint)
        before = runtime.read(service.endpoint).counters
        fenced = runtime.fence(service.endpoint)
        after = runtime.read(service.endpoint).counters
    assert after.num_forced_gc - before.num_forced_gc == fenced.cycles_forced == 2
    assert fenced.data.startswith(b"\x1f\x8b")


def allocated(service: GoService) -> tuple[int, int]:
    """Bytes ever allocated, as the profile and as the counters of one answer have them."""
    text = get(service.endpoint, "heap", query="debug=1").body
    header = ALLOCATED.match(text)
    assert header is not None
    return int(header[1]), parse_memstats(text).counters.total_alloc


@pytest.mark.parametrize("gogc", ["off", "100"])
def test_fenced_profiles_hold_all_that_was_allocated(full: bool, gogc: str) -> None:
    """At MemProfileRate 1 a fenced profile grows by what TotalAlloc grows by, to within 0.2 %.

    What is left is the fence's own answer, which comes after its collection. Where nothing else
    collects, none of the 100 MB is in the profile before the fence, and nearly all is after.
    """
    requests = 1600 if full else 400
    with build_and_start("-profilerate", "1", "-size", "16384", env={"GOGC": gogc}) as service:
        runtime, _ = recognise(service.endpoint)
        runtime.fence(service.endpoint)
        first = allocated(service)
        for _ in range(requests):
            service.call("/work")
        stale = allocated(service)
        runtime.fence(service.endpoint)
        last = allocated(service)
    exact = last[1] - first[1]
    assert exact > requests * 16 * 16384
    assert last[0] - first[0] == pytest.approx(exact, rel=2e-3)
    if gogc == "off":
        assert stale[0] - first[0] < 0.01 * exact


def test_a_restart_shows_as_counters_that_went_back() -> None:
    """A new process behind the same port has counters below those of the old one."""
    with build_and_start() as service:
        runtime, _ = recognise(service.endpoint)
        for _ in range(100):
            service.call("/work")
        runtime.fence(service.endpoint)
        before = runtime.read(service.endpoint).counters
    with build_and_start("-listen", f"127.0.0.1:{service.endpoint.port}") as again:
        after = runtime.read(again.endpoint).counters
    assert after.went_back(before)
    assert not before.went_back(before)


def test_a_service_that_died_is_one_error() -> None:
    """Reading, counting tasks and fencing a dead service say that nothing listens."""
    with build_and_start() as service:
        runtime, _ = recognise(service.endpoint)
    with pytest.raises(ServiceError, match="nothing listens"):
        runtime.read(service.endpoint)
    with pytest.raises(ServiceError, match="nothing listens"):
        runtime.fence(service.endpoint)
    assert runtime.tasks(service.endpoint) == -1


def test_only_our_own_addresses_are_the_same_host() -> None:
    """Loopback and a machine's own address are; a documentation address is not."""
    here = Endpoint.parse("127.0.0.1:1")
    assert is_same_host(here)
    assert is_same_host(Endpoint.parse("[::1]:1"))
    assert not is_same_host(Endpoint.parse("192.0.2.1:1"))
    assert listener(msgspec.structs.replace(here, address="192.0.2.1")) is None


def test_what_is_no_go_program_has_no_version(tmp_path: Path) -> None:
    """Empty files, other programs, missing files and a magic without a header give nothing."""
    fake = tmp_path / "fake"
    for content in (b"", b"#!/bin/sh\n", b"\xff Go buildinf:", b"\xff Go buildinf:\x08\x02" * 9):
        fake.write_bytes(content)
        assert go_version(fake) == ""
    assert go_version(tmp_path / "missing") == ""
