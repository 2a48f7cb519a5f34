"""What is passed on has the form that its receivers document, and never costs the watcher much.

A local receiver stands in for Pyroscope and for an OpenTelemetry collector, which cannot run here.
OTLP is parsed by the protocol's own definitions, profiles by our own reader.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2

from heapwise.errors import RecordingError
from heapwise.formats import pprof
from heapwise.model.gc import TimeHistogram
from heapwise.model.watch import Captured, Floor, Source, Stretch, Target, Vitals
from heapwise.runtimes.access import Access
from heapwise.watch.clock import SteadyClock
from heapwise.watch.config import Otlp, Pyroscope
from heapwise.watch.config.secret import Secret
from heapwise.watch.export.otlp import Answer, OtlpExport, metrics_request
from heapwise.watch.export.outbox import Outbox
from heapwise.watch.export.pyroscope import MOST_PROFILE, PyroscopeExport, push_request
from heapwise.watch.post import Receiver
from support.local_http import LocalServer, local_server
from support.profiles import profile_bytes

TARGET = Target(
    service="shop",
    instance="10.0.0.7:6060",
    url="http://10.0.0.7:6060/debug/pprof",
    labels=(("team", "a\u202e<b>"), ("zone", "z")),
)
PROFILE = profile_bytes({("main.keep (main.go:7)", "main.main"): (1, 512, 1, 512)})
GO = Vitals(
    at_ns=2_000_000_000,
    started_ns=1_000_000_000,
    source=Source.PROMETHEUS,
    runtime="go",
    version="go1.27.3",
    build="v7",
    live=1e6,
    floor=Floor.EXACT,
    allocated=9e9,
    mallocs=123,
    cycles=7,
    gogc=100,
    tasks=12,
    cpu_s=3.5,
    rss=float("nan"),
    pause_histogram=TimeHistogram((1e5, 1e6), (5, 2, 1)),
    pause_total_ns=4e6,
)


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds, ten seconds at most."""
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    assert holds()


def outbox(server: LocalServer) -> Outbox:
    """One for the server."""
    receiver = Receiver.parse("test", server.url + "/in")
    return Outbox(receiver, SteadyClock(), deadline_s=2.0, most_bytes=1000)


def pyroscope(url: str) -> PyroscopeExport:
    """An export that knows the target."""
    export = PyroscopeExport(Pyroscope(url=url), SteadyClock())
    export.take(TARGET, GO, None)
    return export


class HandClock:
    """A clock that a test sets."""

    now = 0

    def now_ns(self) -> int:
        return self.now


class TestOutbox:
    """The queue of everything that is passed on."""

    def test_sends_in_order_and_tells_that_it_did(self) -> None:
        """Bodies arrive as they were put, and the health says when."""
        with local_server() as server, closing(outbox(server)) as box:
            for number in range(5):
                box.put(b"%d" % number)
            until(lambda: box.health().sent == 5)
            assert [each.body for each in server.sent] == [b"0", b"1", b"2", b"3", b"4"]
            assert box.health().told_ns is not None

    def test_tries_again_what_failed(self) -> None:
        """A server that is out of order loses nothing that is not too much."""
        with local_server() as server, closing(outbox(server)) as box:
            server.status = 503
            box.put(b"x")
            until(lambda: box.health().failed)
            assert "503" in box.health().problem
            server.status = 200
            until(lambda: box.health().sent == 1)
            assert (box.health().problem, box.health().dropped) == ("", 0)

    def test_outlives_a_certificate_that_is_being_exchanged(self, tmp_path: Path) -> None:
        """While it is not there nothing can be sent; the thread that would send it goes on."""
        authority = Access(authority=tmp_path / "ca.pem")
        with local_server() as server:
            url = server.url.replace("http://", "https://")
            there = Receiver.parse("test", url, authority)
            with closing(Outbox(there, SteadyClock(), deadline_s=1.0)) as box:
                box.put(b"x")
                until(lambda: box.health().failed)
                assert "cannot use" in box.health().problem

    def test_drops_what_is_refused_for_good(self) -> None:
        """A body that is wrong would block those behind it for ever."""
        with local_server() as server, closing(outbox(server)) as box:
            server.status, server.body = 400, b"too old"
            box.put(b"wrong")
            until(lambda: box.health().dropped == 1)
            assert "too old" in box.health().problem
            server.status = 200
            box.put(b"right")
            until(lambda: box.health().sent == 1)

    def test_drops_the_oldest_where_too_many_wait_and_counts_them(self) -> None:
        """A server that is away for a day costs a fixed amount of memory."""
        with local_server() as server:
            server.status = 503
            with closing(outbox(server)) as box:
                for number in range(100):
                    box.put(b"%099d" % number)
                health = box.health()
                assert (health.waiting, health.dropped) == (10, 90)
                server.status = 200
                until(lambda: box.health().waiting == 0)
            assert [int(each.body) for each in server.sent][-10:] == list(range(90, 100))

    def test_keeps_what_was_put_together_though_it_is_more_than_may_wait(self) -> None:
        """What was put before makes room for it; the bound is for what a server that is away costs,
        not for one that is well.
        """
        with local_server() as server:
            server.status = 503
            with closing(outbox(server)) as box:
                box.put(b"before")
                box.put(*(b"%0200d" % number for number in range(20)))
                assert (box.health().waiting, box.health().dropped) == (20, 1)
                server.status = 200
                until(lambda: box.health().waiting == 0)
            assert [int(each.body) for each in server.sent if each.body != b"before"] == [
                *range(20)
            ]

    def test_ends_at_once_however_long_the_server_takes(self) -> None:
        """A watcher that is told to stop does not wait for others."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            receiver = Receiver.parse("test", f"http://127.0.0.1:{silent.getsockname()[1]}/")
            with closing(Outbox(receiver, SteadyClock(), deadline_s=0.5)) as box:
                box.put(b"x")
                until(lambda: box.health().failed)
                began = time.monotonic()
            assert time.monotonic() - began < 1.0


class TestPyroscope:
    """Captures, pushed."""

    def test_gets_the_profile_as_it_was_received_with_its_labels(self) -> None:
        """The name of its kind, the service, the build and the target's labels; nothing decoded."""
        with local_server() as server:
            with closing(pyroscope(server.url)) as export:
                export.profile(TARGET.key, "heap", PROFILE, build="v7")
                until(lambda: export.health().sent == 1)
            (sent,) = server.sent
        assert sent.path == "/push.v1.PusherService/Push"
        assert sent.headers["Content-Type"] == "application/json"
        (series,) = json.loads(sent.body)["series"]
        assert {each["name"]: each["value"] for each in series["labels"]} == {
            "__name__": "memory",
            "service_name": "shop",
            "instance": "10.0.0.7:6060",
            "version": "v7",
            "team": "a\\u202e<b>",
            "zone": "z",
        }
        (sample,) = series["samples"]
        assert base64.b64decode(sample["rawProfile"]) == PROFILE
        assert pprof.decode(base64.b64decode(sample["rawProfile"]))

    def test_gets_what_is_kept_and_hears_it_after_that(self, tmp_path: Path) -> None:
        """The store comes first: what it does not take is not passed on either."""
        kept: list[tuple[bytes, str]] = []

        class Store:
            def profile(
                self, target_key: str, kind: str, reason: str, at_ns: int, data: bytes, build: str
            ) -> Captured:
                if kept:
                    raise RecordingError("full")
                kept.append((data, build))
                return Captured(
                    id=1,
                    kind=kind,
                    at_ns=at_ns,
                    target=target_key,
                    reason=reason,
                    size=1,
                    sha256="",
                )

            def profile_path(self, number: int) -> Path:
                return tmp_path / str(number)

        with local_server() as server, closing(pyroscope(server.url)) as export:
            keeper = export.keeper(Store())
            assert keeper.profile(TARGET.key, "heap", "leak", 1, PROFILE, "v7").id == 1
            assert keeper.profile_path(1) == tmp_path / "1"
            with pytest.raises(RecordingError):
                keeper.profile(TARGET.key, "heap", "leak", 1, PROFILE, "v7")
            until(lambda: export.health().sent == 1)
        assert kept == [(PROFILE, "v7")]
        assert len(server.sent) == 1

    def test_gets_the_same_id_for_the_same_profile(self) -> None:
        """What is sent again because an answer was lost is not counted twice."""
        first, second = push_request(TARGET, "heap", PROFILE), push_request(TARGET, "heap", PROFILE)
        assert first == second
        assert first != push_request(TARGET, "heap", PROFILE + b" ")

    @pytest.mark.parametrize(
        "data",
        [
            os.urandom(MOST_PROFILE + 1),
            gzip.compress(bytes(MOST_PROFILE + 1), mtime=0),
            gzip.compress(bytes(1 << 30), mtime=0)
            if os.environ.get("HEAPWISE_FULL")
            else b"\x1f\x8b",
            gzip.compress(b"cut", mtime=0)[:-4],
        ],
        ids=["large", "bomb", "larger bomb", "cut"],
    )
    def test_does_not_get_what_it_refuses(self, data: bytes) -> None:
        """Four megabytes are its limit; what is larger or damaged is counted here."""
        with closing(pyroscope("http://127.0.0.1:9")) as export:
            export.profile(TARGET.key, "heap", data)
            health = export.health()
        assert (health.dropped, health.waiting) == (1, 0)
        assert "4.00 MiB" in health.problem

    def test_is_shown_the_token_that_its_file_holds_now(self, tmp_path: Path) -> None:
        """Tokens are exchanged while a watcher runs."""
        token = tmp_path / "token"
        token.write_text("first")
        with local_server() as server:
            settings = Pyroscope(url=server.url, token_file=Secret(file=token))
            with closing(PyroscopeExport(settings, SteadyClock())) as export:
                export.take(TARGET, GO, None)
                export.profile(TARGET.key, "heap", PROFILE)
                until(lambda: export.health().sent == 1)
                token.write_text("second")
                export.profile(TARGET.key, "heap", PROFILE)
                until(lambda: export.health().sent == 2)
            shown = [each.headers["Authorization"] for each in server.sent]
            assert shown == ["Bearer first", "Bearer second"]

    def test_does_not_get_traces(self) -> None:
        """They are no profiles; leaving them out is no loss to be counted."""
        with closing(pyroscope("http://127.0.0.1:9")) as export:
            export.profile(TARGET.key, "trace", b"go 1.23 trace\x00\x00\x00")
            assert (export.health().dropped, export.health().waiting) == (0, 0)

    def test_gets_no_more_labels_than_it_takes(self) -> None:
        """Names that are none are left out, and of the others thirty are sent, our own first."""
        labels = tuple((f"l{number}", "x") for number in range(100))
        target = Target(service="s", instance="i", url="u", labels=(("a-b", "x"), *labels))
        sent = json.loads(push_request(target, "cpu", PROFILE))["series"][0]["labels"]
        names = [each["name"] for each in sent]
        assert len(names) == 30
        assert names[:3] == ["__name__", "service_name", "instance"]
        assert "a-b" not in names


def resources(body: bytes) -> dict[str, tuple[dict[str, str], dict[str, Any]]]:
    """Attributes and metrics by instance, as the protocol's definitions read them."""
    message = json_format.Parse(body, metrics_service_pb2.ExportMetricsServiceRequest())
    found = {}
    for resource in message.resource_metrics:
        attributes = {each.key: each.value.string_value for each in resource.resource.attributes}
        (scope,) = resource.scope_metrics
        metrics = {metric.name: metric for metric in scope.metrics}
        assert len(metrics) == len(scope.metrics)
        found[attributes["service.instance.id"]] = (attributes, metrics)
    return found


class TestOtlp:
    """Figures, told to a collector."""

    def test_names_the_process_as_the_conventions_do(self) -> None:
        """Service, instance, build and runtime are the resource's."""
        answer = Answer(TARGET, GO)
        attributes, _ = resources(metrics_request([answer]))[TARGET.instance]
        assert attributes == {
            "service.name": "shop",
            "service.instance.id": "10.0.0.7:6060",
            "service.version": "v7",
            "process.runtime.name": "go",
            "process.runtime.version": "go1.27.3",
            "team": "a\\u202e<b>",
            "zone": "z",
        }

    def test_tells_figures_with_unit_beginning_and_kind(self) -> None:
        """Counters rise since the process began, levels do not, and shares are gauges."""
        stretch = Stretch(begin_ns=1, end_ns=2, gc_share=0.25)
        answer = Answer(TARGET, GO, stretch)
        _, metrics = resources(metrics_request([answer]))[TARGET.instance]
        allocated = metrics["go.memory.allocated"]
        assert allocated.unit == "By"
        assert allocated.sum.is_monotonic
        assert allocated.sum.aggregation_temporality == (
            metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE
        )
        (point,) = allocated.sum.data_points
        assert (point.as_int, point.start_time_unix_nano, point.time_unix_nano) == (
            9_000_000_000,
            1_000_000_000,
            2_000_000_000,
        )
        assert not metrics["go.goroutine.count"].sum.is_monotonic
        assert metrics["process.cpu.time"].sum.data_points[0].as_double == 3.5
        assert metrics["heapwise.gc.cpu.share"].gauge.data_points[0].as_double == 0.25

    def test_tells_pauses_as_a_histogram(self) -> None:
        """Bounds in seconds, one count more than bounds, and all of them together."""
        answer = Answer(TARGET, GO)
        _, metrics = resources(metrics_request([answer]))[TARGET.instance]
        (point,) = metrics["go.memory.gc.pause.duration"].histogram.data_points
        assert list(point.explicit_bounds) == [1e-4, 1e-3]
        assert list(point.bucket_counts) == [5, 2, 1]
        assert (point.count, point.sum) == (8, 4e-3)

    def test_leaves_out_what_is_not_known_or_no_number(self) -> None:
        """A figure that a target does not tell is absent, not zero; so is one that is NaN."""
        answer = Answer(TARGET, GO)
        _, metrics = resources(metrics_request([answer]))[TARGET.instance]
        assert not {"process.memory.usage", "go.memory.gc.goal", "heapwise.work"} & set(metrics)

    def test_of_python_tells_what_python_has(self) -> None:
        """Collections are those of the oldest generation, and nothing is called Go's."""
        vitals = Vitals(
            at_ns=2, source=Source.AGENT, runtime="python", cycles=4, tasks=3, allocated=5.0
        )
        answer = Answer(TARGET, vitals)
        attributes, metrics = resources(metrics_request([answer]))[TARGET.instance]
        assert attributes["process.runtime.name"] == "cpython"
        (point,) = metrics["cpython.gc.collections"].sum.data_points
        assert (point.as_int, point.attributes[0].key) == (4, "cpython.gc.generation")
        assert not [name for name in metrics if name.startswith("go.")]

    def test_is_told_at_its_interval_in_messages_of_bounded_size(self) -> None:
        """Five hundred targets are three messages, and none before it is time again."""
        with local_server() as server:
            clock = HandClock()
            with closing(OtlpExport(Otlp(url=server.url, interval=60 * 10**9), clock)) as export:
                for now_ns in (1, 59 * 10**9, 61 * 10**9):
                    clock.now = now_ns
                    for number in range(500):
                        target = Target(service="s", instance=str(number), url="u")
                        export.take(target, GO, None)
                until(lambda: export.health().sent == 3)
            assert {each.path for each in server.sent} == {"/v1/metrics"}
            assert sum(len(resources(each.body)) for each in server.sent) == 500 + 499
            assert max(len(each.body) for each in server.sent) < 1 << 20

    def test_tells_a_large_fleet_of_all_its_targets(self) -> None:
        """More than may wait for a collector that is away goes to one that is well."""
        labels = tuple((f"label-{number}", "x" * 1000) for number in range(20))
        with local_server() as server:
            clock = HandClock()
            with closing(OtlpExport(Otlp(url=server.url, interval=10**9), clock)) as export:
                for number in range(1000):
                    target = Target(service="s", instance=str(number), url="u", labels=labels)
                    export.take(target, GO, None)
                clock.now = 10**9
                export.take(target, GO, None)
                until(lambda: export.health().waiting == 0)
                assert (export.health().sent, export.health().dropped) == (5, 0)
            assert sum(len(each.body) for each in server.sent) > 16 << 20
