"""The listener among rude clients."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentsupport.serving import Answer, ask, send_raw, serving
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.index_page import count_tasks
from heapwise_agent import heap, listen, sampler, stacks
from heapwise_agent.crowd import SEATS
from heapwise_agent.routes import Router
from heapwise_agent.security import Policy
from heapwise_agent.server import Server
from heapwise_agent.source import local

GET = b"GET /debug/vars HTTP/1.1\r\nHost: localhost\r\n"


def status(answer: bytes) -> int:
    """The status of raw bytes."""
    assert answer.startswith(b"HTTP/1.1 ")
    return int(answer[9:12])


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (GET + b"\r\n", 200),
        (b"GET /debug/vars HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
        (b"GET /debug/vars HTTP/1.0\r\n\r\n", 400),
        (b"GET /../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /debug/pprof/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /debug/pprof/heap%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"POST /debug/vars HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 405),
        (GET + b"X: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (GET + b"X: 1\r\n" * 100 + b"\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
    ],
)
def test_a_request_gets_the_answer_it_deserves(request_: bytes, expected: int) -> None:
    """And the listener goes on."""
    with serving() as server:
        assert status(send_raw(server, request_)) == expected
        assert ask(server, "/debug/vars").status == 200


def test_what_is_pipelined_behind_a_request_is_not_answered() -> None:
    """One request, one answer, and the connection is closed without a reset."""
    with serving() as server:
        answer = send_raw(server, (GET + b"\r\n") * 50)
    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_request_that_drips_is_given_five_seconds_altogether(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However patiently it sends a byte at a time; here the five are one."""
    monkeypatch.setattr("heapwise_agent.http1.read_head.__kwdefaults__", {"seconds": 1.0})
    with (
        serving() as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection,
    ):
        began = time.monotonic()
        connection.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() - began < 8:
            connection.send(b"G")
            try:
                answer = connection.recv(4096)
            except TimeoutError:
                continue
    assert status(answer) == 408
    assert 0.9 < time.monotonic() - began < 5


def test_a_client_that_leaves_ends_its_profile() -> None:
    """Otherwise anybody could keep the profiler busy for a minute and be gone."""
    with serving() as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            path = b"GET /debug/pprof/profile?seconds=60 HTTP/1.1\r\nHost: localhost\r\n\r\n"
            connection.sendall(path)
            time.sleep(0.2)
            assert ask(server, "/debug/pprof/profile?seconds=1").status == 500
        deadline = time.monotonic() + 10
        while (answer := ask(server, "/debug/pprof/profile?seconds=1")).status == 500:
            assert time.monotonic() < deadline
            time.sleep(0.3)
    assert answer.status == 200


def test_stopping_ends_a_profile_that_is_being_taken() -> None:
    """And the port is free again at once."""
    answers: list[object] = []

    def profile(server: Server) -> None:
        try:
            answers.append(ask(server, "/debug/pprof/profile?seconds=60"))
        except OSError as error:
            answers.append(error)

    with serving() as server:
        thread = threading.Thread(target=profile, args=(server,))
        thread.start()
        time.sleep(0.3)
        began = time.monotonic()
    thread.join(10)
    assert time.monotonic() - began < 5
    assert len(answers) == 1
    listen.tcp("127.0.0.1", server.port).close()


def test_a_hundred_requests_at_once_are_answered_or_sent_away() -> None:
    """Nobody waits, nobody is cut off, and the seats are free afterwards."""

    def one(server: Server) -> tuple[int, float]:
        began = time.monotonic()
        answer = ask(server, "/debug/vars")
        assert len(answer.body) == int(answer.headers["Content-Length"])
        assert "X-Heapwise-Agent" in answer.headers
        return answer.status, time.monotonic() - began

    sampler.start()
    with serving() as server, ThreadPoolExecutor(100) as pool:
        results = [each.result() for each in [pool.submit(one, server) for _ in range(100)]]
        counts = Counter(found for found, _ in results)
        assert set(counts) <= {200, 503}
        assert counts[200] >= SEATS
        assert max(took for _, took in results) < 10
        time.sleep(0.1)
        assert [ask(server, "/debug/vars").status for _ in range(SEATS)] == [200] * SEATS


def test_idle_connections_hold_no_more_than_their_seats() -> None:
    """The next one gets 503 at once, and is told when to come back."""
    with serving() as server:
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(SEATS)]
        time.sleep(0.2)
        answer = ask(server, "/debug/vars")
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "1"
        for connection in idle:
            connection.close()
        deadline = time.monotonic() + 5
        while ask(server, "/debug/vars").status == 503:
            assert time.monotonic() < deadline


def test_the_token_is_asked_for() -> None:
    """As bearer, or as password as `go tool pprof http://:TOKEN@host` sends it."""
    with serving(Policy(token="secret")) as server:
        refused = ask(server, "/debug/pprof/heap")
        assert refused.status == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic ")
        bearer = {"Authorization": "Bearer secret"}
        assert ask(server, "/debug/vars", headers=bearer).status == 200


def test_what_the_agent_does_is_not_counted_as_the_programs() -> None:
    """Neither in the counters nor in the profile."""
    sampler.start(4096)
    with serving() as server, sampler.quiet():  # the client's side is no program's either
        ask(server, "/debug/vars")
        before = sampler.snapshot()
        for _ in range(20):
            assert send_raw(server, GET + b"\r\n")
        after = sampler.snapshot()
    then, now = before.counters, after.counters
    assert now.agent_bytes - then.agent_bytes > 20 * 2_000
    assert now.alloc_bytes - then.alloc_bytes < 50_000
    change = heap.delta(before, after)
    stacks_seen = [change.stacks[row.stack_index] for row in change.rows if row.hits > 0]
    assert not [stack for stack in stacks_seen if any(at.name == "_Workers._run" for at in stack)]


def test_heapwise_counts_the_tasks_where_it_looks_for_them() -> None:
    """On the index page, in the row of goroutines."""
    with serving() as server:
        found = count_tasks(Endpoint.parse(f"127.0.0.1:{server.port}"))
    assert found == stacks.count()


def test_a_unix_socket_is_for_this_user_only(tmp_path: Path) -> None:
    """Any Host is good there; a stale file is replaced, a live one is not."""
    path = tmp_path / "agent.sock"
    server = Server(Router(local(), Policy(any_host=True)), listen.unix(path))
    server.start()
    try:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(OSError, match="in use"):
            listen.unix(path)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(path))
            connection.sendall(b"GET /debug/vars HTTP/1.1\r\nHost: any.name\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    finally:
        server.stop()
    assert not path.exists()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    listen.unix(path).close()
    path.write_text("precious")
    with pytest.raises(FileExistsError):
        listen.unix(path)
    assert path.read_text() == "precious"


def test_a_port_in_use_is_an_error_of_the_system() -> None:
    """Which whoever starts the agent turns into one warning."""
    with serving() as server, pytest.raises(OSError, match="in use"):
        listen.tcp("127.0.0.1", server.port)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_closes_its_copy_and_the_parent_goes_on() -> None:
    """Whatever the child does with what it has inherited."""
    with serving() as server:
        pid = os.fork()
        if pid == 0:
            server.stop()
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        answer: Answer = ask(server, "/debug/vars")
    assert answer.status == 200
