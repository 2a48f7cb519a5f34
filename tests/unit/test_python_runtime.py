"""What heapwise makes of the answers of an agent, and of servers that only look like one."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from heapwise.errors import ServiceError
from heapwise.runtimes import local
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.python.service import PythonRuntime, process_of
from heapwise.runtimes.registry import recognise

Page = Callable[[str], tuple[int, Any]]
"""From path and query to status and JSON."""


@contextmanager
def server(pages: dict[str, Page], base: str = "") -> Iterator[Endpoint]:
    """A server whose answers are worked out anew for each request."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.removeprefix(base).partition("?")
            status, value = pages.get(path, lambda _: (404, "page not found"))(query)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(value if isinstance(value, bytes) else json.dumps(value).encode())

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield Endpoint.parse(f"http://127.0.0.1:{running.server_address[1]}{base}/debug/pprof")
        running.shutdown()


class Agent:
    """An agent that has collected so often."""

    def __init__(self, collections: int = 0, **about: Any) -> None:
        self.collections = collections
        self.about = {"version": "0.1.0", "runtime": "CPython 3.11.7", "pid": os.getpid(), **about}
        self.asked: list[str] = []

    @property
    def pages(self) -> dict[str, Page]:
        return {"/debug/vars": self.variables, "/debug/pprof/gc/events": self.events}

    def variables(self, _query: str) -> tuple[int, Any]:
        memstats = {
            "TotalAlloc": 1_000 * self.collections, "Mallocs": 10, "Frees": 1,
            "NumGC": self.collections,
        }  # fmt: skip
        return 200, {"memstats": memstats, "heapwise": self.about}

    def events(self, query: str) -> tuple[int, Any]:
        self.asked.append(query)
        since = int(query.removeprefix("since="))
        numbers = range(max(1, since), self.collections + 1)
        return 200, {
            "version": 1,
            "next": self.collections + 1,
            "events": [
                {
                    "seq": seq, "start_unix_ns": seq * 1_000, "duration_ns": 5, "generation": 0,
                    "collected": 0, "uncollectable": 0,
                }
                for seq in numbers
            ],
        }  # fmt: skip


def test_collections_are_asked_for_once_each() -> None:
    """At first none of the past, later what is new; a new process is asked for all it has."""
    agent, runtime = Agent(100), PythonRuntime()
    with server(agent.pages) as endpoint:
        assert runtime.read(endpoint).pauses == ()
        agent.collections = 103
        assert [pause.number for pause in runtime.read(endpoint).pauses] == [101, 102, 103]
        agent.collections = 2
        assert [pause.number for pause in runtime.read(endpoint).pauses] == [1, 2]
    assert agent.asked == ["since=101", "since=101", "since=104", "since=1"]


def test_a_list_that_lags_behind_its_counter_is_a_contradiction() -> None:
    """NumGC says more than the list knows: something between here and there makes it up."""
    agent = Agent(5)
    short = {**agent.pages, "/debug/pprof/gc/events": lambda _: (200, {
        "version": 1, "next": 3, "events": [],
    })}  # fmt: skip
    with server(short) as endpoint:
        runtime = PythonRuntime()
        runtime.read(endpoint)
        assert runtime.read(endpoint).contradictions == ("NumGC is 5, and gc/events knows 3 fewer",)


def test_a_mounted_agent_is_found_below_its_prefix() -> None:
    """The counters lie beside the profiles, wherever an application has put them."""
    with server(Agent().pages, base="/internal") as endpoint:
        runtime, info = recognise(endpoint)
        assert runtime.read(endpoint).counters.num_gc == 0
    assert (info.runtime, info.version) == ("python", "CPython 3.11.7")
    assert "processes" not in info.settings


@pytest.mark.parametrize(
    "page",
    [
        (404, "not found"),
        (401, "a token is needed"),
        (200, {"memstats": {"TotalAlloc": 1}}),
        (200, b"<html>"),
        (200, {"heapwise": []}),
        (200, {"heapwise": {"version": "0.1.0", "pid": "seven"}}),
        (200, b"x" * (5 << 20)),
    ],
)
def test_whatever_else_is_there_is_no_agent(page: tuple[int, Any]) -> None:
    """Other programs, refusals, damaged and huge pages: the next runtime is asked."""
    with server({"/debug/vars": lambda _: page}) as endpoint:
        assert PythonRuntime().detect(endpoint) is None


def test_an_agent_that_went_away_is_one_error() -> None:
    """Another program took its place, or its pages are damaged."""
    pages: dict[str, Page] = {"/debug/vars": lambda _: (200, {"memstats": {}})}
    with server(pages) as endpoint, pytest.raises(ServiceError, match="no longer an agent's"):
        PythonRuntime().read(endpoint)
    pages = {**Agent(1).pages, "/debug/pprof/gc/events": lambda _: (200, [])}
    with server(pages) as endpoint, pytest.raises(ServiceError, match="gave no collections"):
        PythonRuntime().read(endpoint)


def test_a_fence_needs_a_profile() -> None:
    """An error page with status 200 is none."""
    pages: dict[str, Page] = {"/debug/pprof/heap": lambda _: (200, b"out of order")}
    with server(pages) as endpoint, pytest.raises(ServiceError, match="without a profile"):
        PythonRuntime().fence(endpoint)


def test_only_a_process_that_listens_is_taken_for_the_service() -> None:
    """A number of another container, or a proxy in between, would give another one's CPU."""
    here = os.getpid()
    with server(Agent().pages) as endpoint:
        assert process_of(endpoint, (here,)) == here
        assert process_of(endpoint, (1,)) is None
        assert process_of(endpoint, ()) is None
        assert PythonRuntime().process(endpoint) == here
        parent = local.parent(here)
        assert parent
        assert process_of(endpoint, tuple(sorted((here, parent)))) == parent
    assert local.parent(2**22 + 1) is None
