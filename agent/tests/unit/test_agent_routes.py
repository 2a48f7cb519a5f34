"""Go's paths and Go's words, without a socket."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsupport import oracle
from heapwise.formats import pprof
from heapwise.formats.memstats import parse_expvar, parse_memstats
from heapwise_agent import sampler
from heapwise_agent.messages import Request, Response
from heapwise_agent.routes import Router
from heapwise_agent.security import Policy
from heapwise_agent.source import local
from heapwise_agent.version import VERSION

PPROF = "/debug/pprof/"


@pytest.fixture(scope="module", autouse=True)
def _sampling() -> Iterator[None]:
    """Everything the process allocates from here on is sampled often."""
    sampler.start(4096)
    yield
    sampler.stop()


@pytest.fixture
def router() -> Router:
    """A router with full buckets."""
    return Router(local(), Policy())


def ask(router: Router, target: str, *, method: str = "GET") -> Response:
    """One request."""
    path, _, query = target.partition("?")
    response = router(Request(method=method, path=path, query=query, headers={"host": "localhost"}))
    assert response is not None
    return response


@pytest.mark.parametrize(
    ("target", "status", "text"),
    [
        ("heap?seconds=-1", 400, 'invalid value for "seconds" - must be a positive integer'),
        ("heap?seconds=abc", 400, 'invalid value for "seconds" - must be a positive integer'),
        ("heap?seconds=0", 400, 'invalid value for "seconds" - must be a positive integer'),
        ("heap?seconds=1e9", 400, 'invalid value for "seconds" - must be a positive integer'),
        ("allocs?seconds=61", 400, 'invalid value for "seconds" - must be at most 60'),
        ("heap?seconds=1&debug=1", 400, "seconds and debug params are incompatible"),
        ("gc?seconds=1&debug=1", 400, "seconds and debug params are incompatible"),
        ("profile?seconds=-1", 400, 'invalid value for "seconds" - must be a positive integer'),
        ("profile?mode=cycles", 400, 'invalid value for "mode" - must be cpu or wall'),
        (
            "goroutine?seconds=1",
            400,
            '"seconds" parameter is not supported for this profile type',
        ),
        ("nope", 404, "Unknown profile"),
        ("heap/", 404, "Unknown profile"),
        ("../vars", 404, "Unknown profile"),
        ("%68eap", 404, "Unknown profile"),
        ("heap?pid=1", 404, "no process 1 behind this endpoint"),
        ("heap?" + "a&" * 40, 400, "malformed query"),
    ],
)
def test_what_go_refuses_is_refused_in_its_words(
    router: Router, target: str, status: int, text: str
) -> None:
    """With the header by which `go tool pprof` knows that the text is worth showing."""
    response = ask(router, PPROF + target)
    assert response.status == status
    assert response.body.decode() == text + "\n"
    assert dict(response.headers)["X-Go-Pprof"] == "1"


@pytest.mark.parametrize("path", ["/", "/debug/", "/debug/pprofs", "/debug/vars/", "/heap", ""])
def test_other_paths_are_not_found(router: Router, path: str) -> None:
    """There is a table of paths, and nothing is looked up in a file system."""
    assert ask(router, path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_nothing_can_be_changed(router: Router, method: str) -> None:
    """405, and what is allowed; there is no CORS either."""
    response = ask(router, PPROF + "heap", method=method)
    assert response.status == 405
    assert dict(response.headers)["Allow"] == "GET, HEAD"
    assert not any(name.startswith("Access-Control") for name, _ in response.headers)


@pytest.mark.parametrize("target", [PPROF, PPROF + "heap", "/debug/vars", PPROF + "nope"])
def test_every_answer_has_the_headers_that_keep_it_where_it_belongs(
    router: Router, target: str
) -> None:
    """No sniffing, no storing, and the agent's version."""
    headers = dict(ask(router, target).headers)
    assert headers["X-Heapwise-Agent"] == VERSION
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_head_is_get_without_its_body(router: Router) -> None:
    """Same status, same headers."""
    got, head = ask(router, PPROF), ask(router, PPROF, method="HEAD")
    assert head.body == b""
    assert (head.status, head.headers) == (got.status, got.headers)


def test_the_index_lists_every_endpoint(router: Router) -> None:
    """Without a slash at its end, one is sent there."""
    page = ask(router, PPROF).body.decode()
    for name in ("allocs", "cmdline", "gc", "gc/events", "goroutine", "heap", "profile", "threads"):
        assert f">{name}</a>" in page
    moved = ask(router, "/debug/pprof")
    assert moved.status == 301
    assert dict(moved.headers)["Location"] == "pprof/"


def test_a_heap_profile_is_go_s_in_all_but_its_frames(router: Router) -> None:
    """Four values, the interval as period, and stacks of this very test."""
    kept = [bytes(100_000) for _ in range(50)]
    decoded = pprof.decode(ask(router, PPROF + "heap?gc=1").body)
    assert decoded.period == 4096
    assert len(kept) == 50
    rows = oracle.rows(ask(router, PPROF + "heap").body)
    mine = [
        values
        for stack, values, _ in rows
        if any(frame[1] == "test_a_heap_profile_is_go_s_in_all_but_its_frames" for frame in stack)
    ]
    assert sum(row[3] for row in mine) >= 50 * 100_000
    allocs = pprof.decode(ask(router, PPROF + "allocs").body)
    assert allocs.shown_by_default.type == "alloc_space"


def test_a_delta_holds_what_was_allocated_meanwhile(router: Router) -> None:
    """And nothing from before."""
    before = [bytes(1_000_000) for _ in range(20)]
    stop = threading.Event()

    def allocate() -> None:
        while not stop.wait(0.01):
            bytearray(50_000)

    thread = threading.Thread(target=allocate)
    thread.start()
    try:
        data = ask(router, PPROF + "heap?seconds=1").body
    finally:
        stop.set()
        thread.join()
    assert len(before) == 20
    assert pprof.decode(data).duration_ns == 1_000_000_000
    mine = [
        values[1]
        for stack, values, _ in oracle.rows(data)
        if any(frame[1].endswith("<locals>.allocate") for frame in stack)
    ]
    assert 20 * 50_000 <= sum(mine) <= 120 * 50_000
    assert sum(values[1] for _, values, _ in oracle.rows(data)) < 20_000_000


def test_the_text_form_ends_with_counters_that_heapwise_reads(router: Router) -> None:
    """The same figures as ``/debug/vars``, exact, and rising."""
    first = parse_memstats(ask(router, PPROF + "heap?debug=1").body)
    kept = [bytes(10_000) for _ in range(100)]
    second = parse_expvar(ask(router, "/debug/vars").body)
    assert first.contradictions == second.contradictions == ()
    assert second.counters.total_alloc - first.counters.total_alloc >= 1_000_000
    assert second.counters.mallocs - first.counters.mallocs >= 100
    assert len(kept) == 100


def test_a_fence_is_a_real_collection_and_a_new_snapshot(router: Router) -> None:
    """However soon one follows the other, although snapshots are kept for a second."""
    before = parse_expvar(ask(router, "/debug/vars").body).counters
    first = ask(router, PPROF + "heap?gc=1").body
    kept = [bytes(70_000) for _ in range(100)]
    second = ask(router, PPROF + "heap?gc=1").body
    after = parse_expvar(ask(router, "/debug/vars").body).counters
    assert after.num_forced_gc - before.num_forced_gc == 2

    def live(data: bytes) -> int:
        return sum(values[3] for _, values, _ in oracle.rows(data))

    assert live(second) - live(first) >= 100 * 70_000 * 0.9
    assert len(kept) == 100


def test_a_snapshot_serves_everybody_for_a_second(router: Router) -> None:
    """Without gc=1, the bytes are the same; a machine that stalls for a second gets new chances."""
    for _ in range(5):
        began = time.monotonic()
        first = ask(router, PPROF + "heap").body
        kept = [bytes(100_000) for _ in range(10)]
        again = ask(router, PPROF + "heap").body
        if time.monotonic() - began < 1:
            break
    assert again == first
    assert len(kept) == 10


def test_counters_have_the_form_of_expvar_and_the_agents_own_beside(router: Router) -> None:
    """What heapwise recognises a Python service by."""
    page = json.loads(ask(router, "/debug/vars").body)
    own = page["heapwise"]
    assert own["version"] == VERSION
    assert own["runtime"].startswith("CPython 3.")
    assert own["pid"] == os.getpid()
    assert own["interval"] == 4096
    assert own["frames"] == ""
    assert own["samples"] > 0
    assert own["rss"] > own["live_pymem"] > 0
    assert {"live_entries", "core_bytes", "stack_overflow", "live_overflow", "work"} <= own.keys()


def test_events_of_the_collector_are_json(router: Router) -> None:
    """Asked for by number; what is no number is the beginning."""
    ask(router, PPROF + "heap?gc=1")
    page = json.loads(ask(router, PPROF + "gc/events").body)
    assert page["version"] == 1
    assert any(event["forced"] for event in page["events"])
    following = json.loads(ask(router, f"{PPROF}gc/events?since={page['next']}").body)
    assert following["lost"] == 0
    assert all(event["seq"] >= page["next"] for event in following["events"])


def test_a_second_cpu_profile_gets_gos_error(router: Router) -> None:
    """The first one goes on."""
    answers = []
    first = threading.Thread(
        target=lambda: answers.append(ask(router, PPROF + "profile?seconds=2"))
    )
    first.start()
    for _ in range(100):
        second = ask(router, PPROF + "profile?seconds=1")
        if second.status == 500:
            break
    first.join()
    assert second.status == 500
    assert dict(second.headers)["X-Go-Pprof"] == "1"
    expected = "Could not enable CPU profiling: cpu profiling already in use\n"
    assert second.body.decode() == expected
    assert answers[0].status == 200


def test_cpu_profiles_are_limited_in_number() -> None:
    """Twelve in a burst; then one has to wait."""
    router = Router(local(), Policy())
    cancelled = Request(
        method="GET",
        path=PPROF + "profile",
        headers={"host": "localhost"},
        cancelled=lambda: True,
    )
    for _ in range(12):
        assert router(cancelled) is None
    response = router(cancelled)
    assert response is not None
    assert response.status == 429
    assert 1 <= int(dict(response.headers)["Retry-After"]) <= 10


def test_without_the_extension_everything_but_the_heap_works(
    router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is in the answer, and in the counters."""
    monkeypatch.setattr(sampler, "_loaded", "no compiler here")
    for target in ("heap", "heap?debug=1", "heap?gc=1", "allocs", "allocs?seconds=1"):
        response = ask(router, PPROF + target)
        assert response.status == 501
        assert response.body == b"no heap profiles: no compiler here\n"
    for target in ("", "threads", "goroutine?debug=2", "gc", "gc/events", "cmdline"):
        assert ask(router, PPROF + target).status == 200
    assert ask(router, PPROF + "profile?seconds=1&mode=wall").status == 200
    page = json.loads(ask(router, "/debug/vars").body)
    assert page["heapwise"]["unavailable"] == "no compiler here"
    assert page["memstats"]["NumGC"] >= 0


def test_trouble_within_is_an_answer_and_a_line_in_the_log(
    router: Router, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing reaches the program, and no detail reaches the client."""
    monkeypatch.setattr(sampler, "counters", lambda: 1 / 0)
    with caplog.at_level(logging.WARNING, logger="heapwise_agent"):
        response = ask(router, "/debug/vars")
    assert response.status == 500
    assert b"ZeroDivision" not in response.body
    assert "/debug/vars" in caplog.text


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_path_and_no_query_breaks_the_router(path: str, query: str) -> None:
    """Whatever it is, it is an answer."""
    router = Router(local(), Policy())
    request = Request(
        method="GET", path="/debug/" + path, query=query, headers={"host": "localhost"}
    )
    response = router(request)
    assert response is not None
    assert response.status in {200, 301, 400, 404}


def test_the_version_is_the_distributions() -> None:
    """It stands in two places."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION
