"""Both engines against real sockets: every outcome, the cap, keep-alive, what is sent."""

from __future__ import annotations

import gzip
import json
import os
import resource
import shutil
import ssl
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heapwise import __version__
from heapwise.load.engine import More, Phase, Stop
from heapwise.load.engines import engine_of
from heapwise.load.metrics import summarise, validity
from heapwise.load.schedule import offsets
from heapwise.load.share import Share
from heapwise.model.load import HitFlag, Hits, Outcome, Target
from heapwise.model.profile import Int64s
from heapwise.model.schedules import Saturate
from support.driving import drive, plan_with
from support.rude_servers import (
    Behaviour,
    bad_chunks,
    close_at_once,
    close_early,
    endless_header,
    garbage,
    redirect,
    reset,
    respond,
    rude_server,
    stall,
)
from support.targets_server import target_server

SUPPORT = Path(__file__).parents[1]


@pytest.fixture(params=["curl", "native"])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    name: str = request.param
    return name


def outcomes(hits: Hits) -> set[Outcome]:
    """The classes that occur."""
    return {Outcome(code) for code in hits.outcome.tolist()}


@pytest.mark.parametrize(
    ("behave", "outcome"),
    [
        (reset, Outcome.RESET),
        (close_at_once, Outcome.EARLY_EOF),
        (close_early, Outcome.EARLY_EOF),
        (garbage, Outcome.PROTOCOL),
        (bad_chunks, Outcome.PROTOCOL),
        (endless_header, Outcome.PROTOCOL),
        (redirect, Outcome.OK),
        (respond(b"fine"), Outcome.OK),
    ],
)
def test_every_way_to_end_has_its_class(engine: str, behave: Behaviour, outcome: Outcome) -> None:
    """A server that misbehaves in one way gives hits of one class, each with its stamps."""
    with rude_server(behave) as url:
        hits, _ = drive(plan_with(engine, Target("GET", url)))
    assert len(hits) == 10
    assert outcomes(hits) == {outcome}
    assert (hits.sent >= hits.intended).all()
    assert (hits.done >= hits.sent).all()


def test_a_redirect_is_an_answer_and_not_followed(engine: str) -> None:
    """The status is 302, and nobody went where it points."""
    with rude_server(redirect) as url:
        hits, _ = drive(plan_with(engine, Target("GET", url), seconds=0.02))
    assert hits.status.tolist() == [302, 302]


def test_a_stall_is_a_timeout_after_the_timeout(engine: str) -> None:
    """A silent server costs each hit the timeout, from the time it was sent."""
    with rude_server(stall) as url:
        hits, _ = drive(plan_with(engine, Target("GET", url), seconds=0.05, timeout_ns=200_000_000))
    assert outcomes(hits) == {Outcome.TIMEOUT}
    assert ((hits.done - hits.sent) >= 199_000_000).all()
    assert (hits.first_byte == -1).all()


def test_a_closed_port_refuses(engine: str) -> None:
    """Nothing listens on port 1."""
    hits, _ = drive(plan_with(engine, Target("GET", "http://127.0.0.1:1/")))
    assert outcomes(hits) == {Outcome.REFUSED}


def test_tls_with_a_plain_server_is_a_tls_error() -> None:
    """A server that answers the handshake with text fails TLS, not the protocol above it."""
    with rude_server(garbage) as url:
        hits, _ = drive(plan_with("curl", Target("GET", url.replace("http:", "https:"))))
    assert outcomes(hits) == {Outcome.TLS}


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs the openssl command for a key")
@pytest.mark.parametrize(("trusted", "outcome"), [(False, Outcome.TLS), (True, Outcome.OK)])
def test_certificates_are_checked(
    trusted: bool, outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate nobody vouches for is a TLS error; one the system trusts is not."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", tmp_path / "key", "-out", tmp_path / "cert"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert"))
    with rude_server(respond(b"secret"), context) as url:
        hits, _ = drive(plan_with("curl", Target("GET", url.replace("http:", "https:"))))
    assert outcomes(hits) == {outcome}


def in_child(script: str, *prefix: str, **limits: Any) -> Any:
    """Run a script that prints JSON, in a process of its own; return what it printed."""
    done = subprocess.run(
        [*prefix, sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SUPPORT), *sys.path])},
        capture_output=True, text=True, check=False, timeout=60, **limits,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


STALLED = """
import json
from collections import Counter
from support.driving import drive, plan_with
from support.rude_servers import rude_server, stall
from heapwise.model.load import Outcome, Target
{setup}
with rude_server(stall) as url:
    plan = plan_with("{engine}", Target("GET", url), rate=200, seconds=0.5, timeout_ns=700_000_000)
    hits, _ = drive(plan)
print(json.dumps(Counter(Outcome(code).name for code in hits.outcome.tolist())))
"""


def test_running_out_of_descriptors_is_the_generators_fault(engine: str) -> None:
    """Under a limit of 64 descriptors a stalled server makes EMFILE, not a wait or a crash."""
    counts = in_child(
        STALLED.format(engine=engine, setup=""),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    )
    assert counts.keys() == {"TIMEOUT", "EMFILE"}
    assert sum(counts.values()) == 100
    assert counts["TIMEOUT"] > 20


def test_a_cap_above_what_descriptors_allow_is_no_cap(engine: str) -> None:
    """A hit that would need one more than there are fails for it, and does not wait unnoticed."""
    script = STALLED.format(engine=engine, setup="").replace(
        "rate=200", "connections=1000, rate=200"
    )
    counts = in_child(
        script, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    )
    assert counts.keys() == {"TIMEOUT", "EMFILE"}


def test_the_soft_limit_is_raised_to_the_hard_one(engine: str) -> None:
    """A low soft limit alone costs nothing."""
    counts = in_child(
        STALLED.format(engine=engine, setup=""),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 1024)),
    )
    assert counts == {"TIMEOUT": 100}


@pytest.mark.skipif(
    subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode != 0,
    reason="needs a network namespace of its own",
)
def test_running_out_of_ports_is_the_generators_fault(engine: str) -> None:
    """With four local ports a stalled server makes EADDRNOTAVAIL."""
    setup = """
import fcntl, pathlib, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # lo goes up
pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("40000 40003")
"""
    counts = in_child(STALLED.format(engine=engine, setup=setup), "unshare", "-rn")
    assert counts.keys() <= {"TIMEOUT", "EADDRNOTAVAIL"}
    assert counts["EADDRNOTAVAIL"] > 90


def test_every_scheduled_hit_comes_once_and_on_its_time(engine: str) -> None:
    """The intended times are the schedule's, whatever order the hits end in."""
    with target_server() as server:
        plan = plan_with(engine, Target("GET", server.url), rate=333, seconds=0.5)
        hits, report = drive(plan)
        stats = server.stats()
    assert np.sort(hits.intended).tolist() == (report.zero_ns + offsets(plan.schedule)).tolist()
    assert outcomes(hits) == {Outcome.OK}
    assert set(hits.status.tolist()) == {200}
    assert set(hits.bytes_in.tolist()) == {44}
    assert stats.requests == len(hits)
    assert ((hits.sent <= hits.first_byte) & (hits.first_byte <= hits.done)).all()


def test_connections_are_kept_alive_and_counted(engine: str) -> None:
    """The server sees far fewer connections than requests, and as many as the engine reports."""
    with target_server() as server:
        hits, report = drive(plan_with(engine, Target("GET", server.url), rate=200, seconds=0.5))
        stats = server.stats()
    assert stats.connections == report.connections_opened
    assert stats.connections < len(hits) / 4


def test_without_keepalive_every_request_has_its_connection(engine: str) -> None:
    """The server sees as many connections as requests."""
    with target_server() as server:
        plan = plan_with(engine, Target("GET", server.url), seconds=0.2, keepalive=False)
        hits, report = drive(plan)
        stats = server.stats()
    assert stats.connections == report.connections_opened == len(hits) == 20


def test_a_cap_makes_hits_wait_and_keeps_their_time(engine: str) -> None:
    """At most so many connections at once; what waited says so, and how long."""
    with target_server() as server:
        plan = plan_with(engine, Target("GET", server.url), rate=100, seconds=0.5, connections=3)
        server.stall()
        hits, report = drive(plan)
        stats = server.stats()
    assert stats.open_max <= 3 + 1  # the one that asks for the counts
    assert outcomes(hits) == {Outcome.OK}
    waited = (hits.flags & HitFlag.WAITED) > 0
    assert waited.sum() >= 40
    assert report.queue_max >= 40
    assert (hits.ready[waited] > hits.intended[waited]).all()
    assert (hits.ready[~waited] == hits.intended[~waited]).all()
    assert (hits.sent >= hits.ready).all()


def test_a_queue_that_overflows_ends_the_load_and_says_so(engine: str) -> None:
    """With a limit on hits that wait, a server that stands still stops it at once."""
    with target_server() as server:
        limited = partial(plan_with, engine, Target("GET", server.url), connections=2, rate=200)
        enough = limited(seconds=0.3, queue_limit=1000)
        server.stall()
        hits, report = drive(enough)
        result = summarise(hits, enough, usages=(report.usage,))
        assert not report.stopped
        assert not any("--max-queue" in problem.what for problem in validity(result))
        plan = limited(seconds=60, queue_limit=20)
        server.stall()
        hits, report = drive(plan)
    assert report.stopped
    assert report.queue_max > 20
    problems = validity(summarise(hits, plan, usages=(report.usage,)))
    assert any("more than --max-queue 20: the load was ended" in each.what for each in problems)


def test_stopping_reports_what_was_never_sent(engine: str) -> None:
    """After a stop the rest of the schedule comes as never sent, and nothing comes twice."""
    asked = iter(range(1000))
    with target_server() as server:
        plan = plan_with(engine, Target("GET", server.url), rate=100, seconds=1000)
        hits, report = drive(plan, stop=lambda: next(asked) > 3)
        assert server.stats().requests == (hits.sent >= 0).sum()
    assert report.stopped
    assert len(np.unique(hits.intended)) == len(hits) == 100_000
    unsent = hits.outcome == Outcome.NEVER_SENT
    assert 0 < (~unsent).sum() < 1000
    for stamp in (hits.ready, hits.sent, hits.first_byte, hits.done):
        assert ((stamp == -1) == unsent).all()


def test_stopping_does_not_wait_for_a_stalled_server(engine: str) -> None:
    """Hits in flight get a second to end; then they are cut off."""
    with rude_server(stall) as url:
        hits, report = drive(plan_with(engine, Target("GET", url), seconds=0.1), stop=lambda: True)
    assert report.ended_ns - report.zero_ns < 4_000_000_000
    assert outcomes(hits) <= {Outcome.NEVER_SENT, Outcome.OTHER}


def test_targets_take_turns_and_flags_are_kept(engine: str) -> None:
    """Hit i goes to target i modulo their number, and carries the phase's flags."""
    with target_server() as server:
        plan = plan_with(
            engine, Target("GET", server.url), Target("POST", server.url, (), b"12345")
        )
        hits, _ = drive(plan, flags=HitFlag.WARMUP)
    order = np.argsort(hits.intended)
    assert hits.target[order].tolist() == [0, 1] * 5
    assert set(hits.flags.tolist()) == {HitFlag.WARMUP}
    assert hits.bytes_out[order].tolist() == [0, 5] * 5


def test_a_closed_loop_sends_what_its_phase_asks_for(engine: str) -> None:
    """Targets that are driven one after another are not mixed because there is no rate."""
    with target_server() as server:
        targets = [Target(method, server.url) for method in ("GET", "PUT")]
        plan = plan_with(engine, *targets, connections=2)
        made = engine_of(plan)
        batches: list[Int64s] = []
        phase = Phase(schedule=Saturate(100_000_000), targets=(1,))
        made.run(phase, batches.append, lambda: None)
        made.close()
    assert set(np.concatenate(batches)[:, Hits.columns().index("target")].tolist()) == {1}


def test_hits_are_numbered_as_the_schedule_has_them(engine: str) -> None:
    """Whatever order they end in, those never sent too; of a share, as the whole has them."""
    asked = iter(range(1000))
    with target_server() as server:
        server.stall()
        plan = plan_with(engine, Target("GET", server.url), rate=100, seconds=100)
        made = engine_of(plan)
        batches: list[Int64s] = []
        phase = Phase(schedule=plan.schedule, targets=(0,), share=Share(1, 3))
        made.run(phase, batches.append, lambda: Stop() if next(asked) > 10 else None)
        made.close()
    hits = Hits.from_rows(np.concatenate(batches))
    assert hits.number is not None
    order = np.argsort(hits.intended)
    assert hits.number[order].tolist() == list(range(1, 10_000, 3))


def test_targets_that_come_meanwhile_are_sent_once_each(engine: str) -> None:
    """Hit i goes to target i, when both are there; a hit whose target nobody read is none."""
    with target_server() as server:
        given = [Target("PUT", server.url, (), b"x" * number) for number in range(30)]
        plan = plan_with(engine, given[0], rate=100, seconds=10, streamed=True)
        orders = iter([More(tuple(given[10:20])), None, More(tuple(given[20:])), None, None])
        began = time.monotonic()

        def control() -> Stop | More | None:
            late = time.monotonic() - began > 0.6
            return Stop() if late else next(orders, None)

        made = engine_of(plan)
        batches: list[Int64s] = []
        phase = Phase(schedule=plan.schedule, targets=(), more=More(tuple(given[1:10])))
        made.run(phase, batches.append, control)
        made.close()
    hits = Hits.from_rows(np.concatenate(batches))
    order = np.argsort(hits.intended)
    assert hits.target[order].tolist() == list(range(30))
    assert hits.bytes_out[order].tolist() == list(range(30))
    assert outcomes(hits) == {Outcome.OK}


OURS = ["Host: *", f"User-Agent: heapwise/{__version__}", "Accept-Encoding: gzip"]


@pytest.mark.parametrize(
    ("target", "first", "headers"),
    [
        (
            Target("POST", "/a/../b?c=d#e", (("X-Case", "1"), ("x-case", "ü")), b"\x00body"),
            "POST /a/../b?c=d HTTP/1.1",
            [*OURS, "X-Case: 1", "x-case: ü", "Content-Length: 5"],
        ),
        (
            Target("GET", "/", (("Accept-Encoding", ""), ("User-Agent", "me"), ("Host", "h"))),
            "GET / HTTP/1.1",
            ["User-Agent: me", "Host: h"],
        ),
        (
            Target("DELETE", "/x", (("accept-encoding", "br"),)),
            "DELETE /x HTTP/1.1",
            [*OURS[:2], "accept-encoding: br"],
        ),
        (
            Target("PUT", "/x", (("Content-Type", "a/b"),)),
            "PUT /x HTTP/1.1",
            [*OURS, "Content-Type: a/b", "Content-Length: 0"],
        ),
        (Target("GET", "/x", (), b"q"), "GET /x HTTP/1.1", [*OURS, "Content-Length: 1"]),
    ],
)
def test_the_request_is_the_targets(
    engine: str, target: Target, first: str, headers: list[str]
) -> None:
    """Method, path, headers and body go out as written, with nothing of libcurl's own."""
    with target_server() as server:
        there = Target(target.method, server.url + target.url, target.headers, target.body)
        drive(plan_with(engine, there, seconds=0.01))
        last = server.stats().last.encode("latin-1").decode()
    head, _, body = last.partition("\r\n\r\n")
    lines = head.replace(f"Host: 127.0.0.1:{server.port}", "Host: *").split("\r\n")
    assert lines[0] == first
    assert sorted(lines[1:]) == sorted(headers)
    assert body.encode() == target.body


def test_a_head_request_ends_at_its_headers(engine: str) -> None:
    """A length without a body is complete."""
    with rude_server(respond(b"", b"X: y")) as url:
        hits, _ = drive(plan_with(engine, Target("HEAD", url), seconds=0.02))
    assert outcomes(hits) == {Outcome.OK}


def test_bodies_are_counted_as_on_the_wire_and_kept_decompressed(engine: str) -> None:
    """The engine counts compressed bytes; the first bodies of each target come decompressed."""
    page = b"hello " * 1000
    packed = gzip.compress(page)
    with rude_server(respond(packed, b"Content-Encoding: gzip")) as url:
        plan = plan_with(engine, Target("GET", url), Target("GET", url + "2"), save_bodies=2)
        hits, report = drive(plan)
        _, warm_up = drive(plan, flags=HitFlag.WARMUP)
    assert set(hits.bytes_in.tolist()) == {len(packed)}
    assert Counter(target for target, _ in report.bodies) == {0: 2, 1: 2}
    assert {body for _, body in report.bodies} == {page}
    assert warm_up.bodies == ()
