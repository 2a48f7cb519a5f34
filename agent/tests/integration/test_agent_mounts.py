"""The agent as a part of real ASGI and WSGI applications."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.validate import validator

import pytest

from agentsupport import oracle
from heapwise_agent import asgi, mount, sampler, stacks, wsgi

TOKEN = "s3cret"
AUTH = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where an application keeps it."""
    monkeypatch.setenv("HEAPWISE_AGENT_TOKEN", TOKEN)
    sampler.start(4096)
    mount._router.cache_clear()
    yield
    mount._router.cache_clear()
    sampler.stop()


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its signature
        """Say nothing."""


class Threads(ThreadingMixIn, WSGIServer):
    """Serves requests side by side."""

    daemon_threads = True


@contextmanager
def served_by_wsgi(app: Any) -> Iterator[int]:
    """The standard library's server."""
    with make_server("127.0.0.1", 0, app, Threads, Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def served_by_uvicorn(app: Any) -> Iterator[int]:
    """The server that most ASGI services run in."""
    uvicorn = pytest.importorskip("uvicorn")
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


def get(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=AUTH if headers is None else headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def below(prefix: str) -> Any:
    """A WSGI application that hands one prefix on to the agent."""

    def app(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"].startswith(prefix):
            environ["SCRIPT_NAME"] = prefix
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(prefix)
            return wsgi.app(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"the application"]

    return app


def check(port: int, prefix: str) -> None:
    """What has to work, however the agent is served."""
    status, body = get(port, f"{prefix}/debug/pprof/heap?gc=1")
    assert status == 200
    assert oracle.rows(body)
    status, body = get(port, f"{prefix}/debug/vars")
    assert json.loads(body)["heapwise"]["version"]
    assert get(port, f"{prefix}/debug/pprof/heap", {})[0] == 401
    assert get(port, f"{prefix}/debug/pprof/nope")[0] == 404
    assert get(port, f"{prefix}/debug/pprof/profile?seconds=1&mode=wall")[0] == 200
    assert get(port, f"{prefix}/debug/pprof/heap?seconds=-1")[0] == 400


@pytest.mark.parametrize("prefix", ["", "/internal", "/a/debug"])
def test_a_wsgi_application_serves_it_below_any_prefix(prefix: str) -> None:
    """And the standard library's validator finds nothing to complain about."""
    app = validator(below(prefix)) if prefix else validator(wsgi.app)
    with served_by_wsgi(app) as port:
        check(port, prefix)
        if prefix:
            assert get(port, "/", {}) == (200, b"the application")


@pytest.mark.parametrize("prefix", ["", "/internal", "/debug"])
def test_an_asgi_application_serves_it_below_any_prefix(prefix: str) -> None:
    """With Starlette's mounts, in uvicorn."""
    starlette = pytest.importorskip("starlette.applications")
    routing = pytest.importorskip("starlette.routing")
    app = starlette.Starlette(routes=[routing.Mount(prefix or "/", app=asgi.app)])
    with served_by_uvicorn(app) as port:
        check(port, "" if prefix == "/debug" else prefix)


def test_without_a_server_of_its_own_kind_asgi_is_just_calls() -> None:
    """Every server speaks it: lifespan, HTTP, and websockets, which are closed."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    def received(*messages: dict[str, Any]) -> Any:
        waiting = list(messages)

        async def receive() -> dict[str, Any]:
            if not waiting:
                await asyncio.sleep(3600)
            return waiting.pop(0)

        return receive

    async def calls() -> None:
        startup, shutdown = {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}
        await asgi.app({"type": "lifespan"}, received(startup, shutdown), send)
        await asgi.app({"type": "websocket"}, received(), send)
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/debug/vars",
            "query_string": b"",
            "headers": [(b"Host", b"x"), (b"authorization", f"Bearer {TOKEN}".encode())],
        }
        await asgi.app(scope, received({"type": "http.request"}), send)

    asyncio.run(calls())
    kinds = [message["type"] for message in sent]
    assert kinds == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
        "websocket.close",
        "http.response.start",
        "http.response.body",
    ]
    assert sent[3]["status"] == 200


def test_a_client_that_leaves_frees_its_seat_and_the_loop_stays_free() -> None:
    """A profile of a minute is over as soon as its connection is closed."""
    with served_by_uvicorn(asgi.app) as port:
        for _ in range(mount.SEATS + 1):
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/debug/pprof/heap?seconds=60", headers=AUTH)
            time.sleep(0.1)
            began = time.monotonic()
            assert get(port, "/debug/pprof/cmdline")[0] == 200
            assert time.monotonic() - began < 5
            connection.close()
            time.sleep(0.4)


def test_requests_beyond_the_seats_get_503() -> None:
    """The agent never takes more threads than that from an application."""
    with served_by_wsgi(wsgi.app) as port:
        answers: list[int] = []

        def hold() -> None:
            answers.append(get(port, "/debug/pprof/heap?seconds=1")[0])

        holders = [threading.Thread(target=hold) for _ in range(mount.SEATS)]
        for holder in holders:
            holder.start()
        time.sleep(0.4)
        assert get(port, "/debug/pprof/cmdline")[0] == 503
        for holder in holders:
            holder.join()
    assert answers == [200] * mount.SEATS


def test_the_kill_switch_hides_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what is a part of the application."""
    monkeypatch.setenv("HEAPWISE_AGENT", "off")
    with served_by_wsgi(wsgi.app) as port:
        assert get(port, "/debug/vars")[0] == 404


def test_without_a_token_nobody_gets_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy every client seems to be local, whatever name it asks for."""
    monkeypatch.delenv("HEAPWISE_AGENT_TOKEN")
    with served_by_wsgi(wsgi.app) as port:
        status, body = get(port, "/debug/vars", {})
    assert status == 403
    assert b"HEAPWISE_AGENT_TOKEN" in body


def test_wrong_settings_are_said_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The application does not notice."""
    monkeypatch.setenv("HEAPWISE_AGENT_INTERVAL", "many")
    with served_by_wsgi(wsgi.app) as port:
        status, body = get(port, "/debug/vars")
    assert status == 500
    assert b"not a number of bytes" in body


def test_the_loop_of_the_application_is_seen_from_within() -> None:
    """Its tasks are listed by a thread of the agent's."""
    with served_by_uvicorn(asgi.app) as port:
        _, page = get(port, "/debug/pprof/threads?debug=2")
        assert any(each.kind == "task" for each in stacks.running())
    assert b"task " in page
