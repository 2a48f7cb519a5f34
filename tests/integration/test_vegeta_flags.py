"""Every flag of `vegeta attack` against vegeta itself: the same flags, the same requests."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import click
import pytest

from heapwise.cli.load import command
from heapwise.cli.options import TABLE
from heapwise.cli.vegeta_flags import INSTEAD
from support.rude_servers import close_early, respond, rude_server, stall
from support.vegeta import TOOLS, ours, vegeta, vegetas
from support.witness import OK, Witness, moved, witness

pytestmark = pytest.mark.go


def same(seen: Witness, targets: str, *flags: str | Path) -> set[tuple[tuple[str, ...], bytes]]:
    """What both tools sent, which is the same."""
    sent = []
    for attack in TOOLS:
        done = attack(targets.replace("URL", f"http://{seen.place}"), *flags)
        assert done.codes == {200}, done.errors
        sent.append({request.sent for request in seen.take()})
    assert sent[0] == sent[1]
    return sent[0]


def test_every_flag_is_known_or_refused_by_name() -> None:
    """What `vegeta attack -h` lists is an option of `heapwise load`, or refused with a reason."""
    shown = subprocess.run([vegeta(), "attack", "-h"], capture_output=True, text=True, check=False)
    flags = set(re.findall(r"^  -([a-z0-9-]+)", shown.stderr, re.MULTILINE))
    assert len(flags) > 30
    known = {
        name.removeprefix("--")
        for parameter in command.get_params(click.Context(command))
        for name in parameter.opts
    }
    assert flags - known == set(INSTEAD)
    assert {TABLE[name].peer for name in flags & known} == {"vegeta"}


@pytest.mark.parametrize("name", sorted(INSTEAD))
def test_a_flag_we_do_not_have_says_why(name: str) -> None:
    """The reason stands in the message, even where a short option begins with the same letter."""
    done = ours("GET http://127.0.0.1:1/", f"-{name}=x")
    assert done.code == 2
    assert f"No such option: -{name} ({INSTEAD[name]})" in done.errors


def test_body_header_and_format(tmp_path: Path) -> None:
    """-body and -header go to every target without its own; -format=json is read alike."""
    body = tmp_path / "body"
    body.write_bytes(b"12345")
    target = json.dumps({"method": "PUT", "url": "URL/j", "header": {"X-Own": ["1"]}})
    flags = ("-body", body, "-header", "X-All: 1", "-header", "x-all: 2")
    with witness() as seen:
        plain = same(seen, "POST URL/p\nX-Own: 1\n", *flags)
        as_json = same(seen, f"{target}\n", "-format=json", *flags)
    ((head, sent),) = plain
    assert {"X-All: 1", "x-all: 2", "X-Own: 1"} < set(head)
    assert sent == b"12345"
    assert {head[0] for head, _ in as_json} == {"PUT /j HTTP/1.1"}


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_chunked(method: str, tmp_path: Path) -> None:
    """A body goes in one chunk, and none where there is no body; the hits count what is in it."""
    body = tmp_path / "body"
    body.write_bytes(b"12345")
    with witness() as seen:
        ((_, sent),) = same(seen, f"{method} URL/", "-chunked", "-body", body)
        ((head, nothing),) = same(seen, f"{method} URL/", "-chunked")
        counts = [
            {hit["bytes_out"] for hit in attack(f"{method} http://{seen.place}/",
                                                "-chunked", "-body", body).hits}
            for attack in TOOLS
        ]  # fmt: skip
    assert sent == b"5\r\n12345\r\n0\r\n\r\n"
    assert nothing == b""
    assert not any("chunked" in line for line in head)
    assert counts == [{5}, {5}]


def test_connect_to() -> None:
    """Connections to a host that does not exist go where they are told, the Host header stays."""
    with witness() as first, witness() as second:
        flags = [
            word
            for place in (first.place, second.place)
            for word in ("-connect-to", f"svc.test:80:{place}")
        ]
        heads = []
        for attack in TOOLS:
            done = attack("GET http://svc.test/a", "-keepalive=false", *flags)
            assert done.codes == {200}, done.errors
            shares = (first.take(), second.take())
            assert abs(len(shares[0]) - len(shares[1])) <= 1
            heads.append({request.head for share in shares for request in share})
        once = ours("GET http://svc.test/a", *flags[:2])
    assert heads[0] | heads[1] == {
        ("GET /a HTTP/1.1", "Accept-Encoding: gzip", "Host: svc.test"),
        ("GET /a HTTP/1.1", "Accept-Encoding: gzip", "Connection: close", "Host: svc.test"),
    }
    assert once.codes == {200}


def test_connect_to_is_judged_and_must_be_of_use() -> None:
    """It leads to no address outside, and a mapping of no target is a mistake."""
    outside = ours("GET http://svc.test/", "-connect-to", "svc.test:80:8.8.8.8:80")
    unused = ours("GET http://127.0.0.1:1/", "-connect-to", "svc.test:80:127.0.0.1:1")
    broken = ours("GET http://svc.test/", "-connect-to", "svc.test:80:127.1:1")
    assert (outside.code, unused.code, broken.code) == (2, 2, 2)
    assert "8.8.8.8:80 is 8.8.8.8" in outside.errors
    assert "no target is at svc.test:80: there is 127.0.0.1:1" in unused.errors
    assert "not a full address: '127.1'" in broken.errors


def test_connections() -> None:
    """After a stall that needed several, only so many idle connections stay open."""
    burst = ("-rate=40", "-duration=600ms")
    with witness(delay=lambda number: 0.2 if number <= 5 else 0.0) as seen:
        for attack in TOOLS:
            for flag, left in (("-connections=2", {2, 3}), ("-connections=100", range(5, 25))):
                seen.take()
                attack(f"GET http://{seen.place}/", flag, *burst)
                requests = seen.take()
                assert max(request.open for request in requests) >= 5
                assert requests[-1].open in left
                time.sleep(0.1)  # until the server has seen the end of all of them


def test_dns_ttl() -> None:
    """0, resolved once, is what both do; anything else is refused, as addresses are pinned."""
    with witness() as seen:
        same(seen, "GET URL/", "-dns-ttl=0")
    for other in ("-1", "5s"):
        done = ours("GET http://127.0.0.1:1/", f"-dns-ttl={other}")
        assert done.code == 2
        assert "a name cannot be resolved again" in done.errors


def test_keepalive() -> None:
    """Without it every request has its own connection."""
    with witness() as seen:
        for attack in TOOLS:
            seen.take()
            done = attack(f"GET http://{seen.place}/", "-keepalive=false")
            assert seen.connections == len(seen.requests) == len(done.hits) > 2


def test_laddr() -> None:
    """Connections come from the address; one that is not of this machine is refused at once."""
    with witness() as seen:
        for attack in TOOLS:
            attack(f"GET http://{seen.place}/", "-laddr=127.0.0.9")
            assert {request.peer for request in seen.take()} == {"127.0.0.9"}
        same(seen, "GET URL/", "-laddr=0.0.0.0")
    assert vegetas("GET http://127.0.0.1:1/", "-laddr=192.0.2.1").codes == {0}
    refused = ours("GET http://127.0.0.1:1/", "-laddr=192.0.2.1")
    assert refused.code == 2
    assert "cannot send from 192.0.2.1: Cannot assign requested address" in refused.errors


def test_lazy() -> None:
    """Each target is sent once, and the load ends with them."""
    with witness() as seen:
        three = "".join(f"GET http://{seen.place}/{number}\nX: y\n\n" for number in range(3))
        for attack in TOOLS:
            started = time.monotonic()
            attack(three, "-lazy", "-duration=30s")
            assert time.monotonic() - started < 10
            paths = [request.head[0].split()[1] for request in seen.take()]
            assert paths == ["/0", "/1", "/2"]


@contextmanager
def lazy(stdin: int | IO[bytes], *flags: str) -> Iterator[subprocess.Popen[bytes]]:
    """A lazy attack of ours on what a pipe brings."""
    command = [sys.executable, "-m", "heapwise", "attack", "-lazy", *flags]
    with subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as attack:
        yield attack


@pytest.mark.parametrize("engine", ["native", "curl"])
def test_lazy_reads_endless_input_as_it_is_needed(engine: str) -> None:
    """Each hit has the target of its place, and what is read stays few beyond what is sent."""
    flags = ("-rate=400", "-duration=500ms", f"-engine={engine}")
    with witness() as seen:
        numbers = f"i=0; while echo GET http://{seen.place}/$i; do i=$((i+1)); done"
        with subprocess.Popen(
            ["sh", "-c", numbers], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as source:
            assert source.stdout
            with lazy(source.stdout, *flags) as attack:
                source.stdout.close()
                hits = [json.loads(line) for line in attack.communicate(timeout=30)[0].splitlines()]
            source.kill()
        paths = [int(request.head[0].split()[1][1:]) for request in seen.take()]
    assert sorted(paths) == list(range(200))
    assert all(hit["url"].endswith(f"/{hit['seq']}") for hit in hits)
    assert len(hits) == 200


@pytest.mark.parametrize("engine", ["native", "curl"])
def test_lazy_sends_before_everything_is_read(engine: str) -> None:
    """Whoever writes targets may look at the hits of the first before the last are written."""
    with (
        witness() as seen,
        lazy(subprocess.PIPE, "-rate=50", "-duration=10s", f"-engine={engine}") as attack,
    ):
        assert attack.stdin
        assert attack.stdout
        attack.stdin.write(f"GET http://{seen.place}/1\nGET http://{seen.place}/2\n".encode())
        attack.stdin.flush()
        first = json.loads(attack.stdout.readline())
        attack.stdin.write(f"GET http://{seen.place}/3\n".encode())
        attack.stdin.close()
        rest = [json.loads(line) for line in attack.stdout]
    assert first["url"][-1] == "1"
    assert {hit["url"][-1] for hit in rest} == {"2", "3"}  # answers may overtake each other


def test_lazy_ends_with_its_duration_though_the_input_does_not() -> None:
    """Whoever writes targets and falls silent keeps no load waiting."""
    with (
        witness() as seen,
        lazy(subprocess.PIPE, "-rate=50", "-duration=400ms") as attack,
    ):
        assert attack.stdin
        assert attack.stdout
        attack.stdin.write(f"GET http://{seen.place}/1\nGET http://{seen.place}/2\n".encode())
        attack.stdin.flush()
        hits = [json.loads(line) for line in attack.stdout]
        attack.wait(10)
        attack.stdin.close()
    assert [hit["url"][-1] for hit in hits] == ["1"]  # what follows the second could belong to it


def test_lazy_tells_what_is_wrong_in_the_middle() -> None:
    """What came before is sent and told; then comes the error, with its line."""
    with witness() as seen:
        good = f"GET http://{seen.place}/\n\n"
        for bad, words in (
            ("nonsense\n", "standard input:3: bad target"),
            ("GET https://localhost:1/\n", "engine that has no https"),
            ("GET http://192.0.2.1/\n", "192.0.2.1:80 is 192.0.2.1"),
        ):
            done = ours(good + bad, "-lazy")
            assert (done.code, len(done.hits), len(seen.take())) == (2, 1, 1)
            assert words in done.errors


def test_lazy_needs_an_end_and_no_warm_up() -> None:
    """Where each target is sent once, nothing may send it before or again."""
    for flags in (["-rate=0", "-max-workers=1"], ["-warmup=1s"]):
        done = ours("GET http://127.0.0.1:1/", "-lazy", *flags)
        assert done.code == 2
        assert "-lazy sends each target once" in done.errors
    for flags, words in (
        (["--cluster=tcp://127.0.0.1:1"], "--cluster sends them elsewhere"),
        (["--find-knee"], "leave -output, --control and -lazy out"),
    ):
        done = ours("GET http://127.0.0.1:1/", "-lazy", *flags)
        assert (done.code, words in done.errors) == (2, True)


def test_max_body() -> None:
    """Vegeta keeps so much of each body and counts no more; we keep none in hits, and count all."""
    with witness() as seen:
        target = f"GET http://{seen.place}/"
        theirs = vegetas(target, "-max-body=1B").hits[0]
        found = ours(target, "-max-body=1B").hits[0]
    assert (theirs["body"], theirs["bytes_in"]) == ("bw==", 1)
    assert (found["body"], found["bytes_in"]) == (None, 2)


@pytest.mark.parametrize("flag", ["-max-workers=3", "-max-connections=3"])
def test_limits_on_what_is_in_flight(flag: str) -> None:
    """The server sees at most so many requests at once, though more are due."""
    with witness(delay=0.1) as seen:
        for attack in TOOLS:
            seen.take()
            attack(f"GET http://{seen.place}/", flag, "-rate=100", "-duration=200ms")
            assert seen.busiest == 3


def test_name() -> None:
    """It is in the header of every request and in every hit."""
    with witness() as seen:
        ((head, _),) = same(seen, "GET URL/", "-name=first try")
        for attack in TOOLS:
            hits = attack(f"GET http://{seen.place}/", "-name=first try").hits
            assert {hit["attack"] for hit in hits} == {"first try"}
    assert "X-Vegeta-Attack: first try" in head
    assert ours("GET http://127.0.0.1:1/", "-name=a\nb").code == 2


def test_output_and_targets_by_vegetas_names(tmp_path: Path) -> None:
    """`stdin` and `stdout` are no files; a file is one."""
    file = tmp_path / "targets"
    out = tmp_path / "hits"
    with witness() as seen:
        file.write_text(f"GET http://{seen.place}/\n")
        for attack in TOOLS:
            assert attack(file.read_text(), "-targets=stdin", "-output=stdout").codes == {200}
            assert attack("", "-targets", file, "-output", out).hits == []
            assert out.stat().st_size > 100
            out.unlink()


def test_rate_and_duration() -> None:
    """As many requests as rate x duration; vegeta ends before the last one, at times."""
    with witness() as seen:
        counts = [
            len(attack(f"GET http://{seen.place}/", "-rate=600/1m", "-duration=0.5s").hits)
            for attack in TOOLS
        ]
    assert counts[0] == 5
    assert counts[0] - 1 <= counts[1] <= counts[0] + 1


@pytest.mark.parametrize(
    ("flag", "method", "status", "code", "paths"),
    [
        ("-redirects=-1", "GET", 302, {302}, ["GET /from"]),
        ("-redirects=0", "GET", 302, {0}, ["GET /from"]),
        ("-redirects=1", "GET", 302, {200}, ["GET /from", "GET /to"]),
        ("-redirects=1", "POST", 303, {200}, ["POST /from", "GET /to"]),
        ("-redirects=1", "POST", 307, {200}, ["POST /from", "POST /to"]),
        ("-redirects=3", "GET", 301, {200}, ["GET /from", "GET /to"]),
    ],
)
def test_redirects(flag: str, method: str, status: int, code: set[int], paths: list[str]) -> None:
    """So many are followed, with the method and body they ask for; one more is an error."""

    def answer(line: str) -> bytes:
        return moved("/to", status) if "/from" in line else OK

    with witness(answer) as seen:
        sent = []
        for attack in TOOLS:
            done = attack(f"{method} http://{seen.place}/from\n", flag)
            assert done.codes == code, done.errors
            requests = seen.take()
            assert [request.head[0].removesuffix(" HTTP/1.1") for request in requests][
                : len(paths)
            ] == paths
            sent.append({request.sent for request in requests})
    assert sent[0] == sent[1]


def test_a_redirect_loop_ends() -> None:
    """After as many as are allowed it is an error of a class of its own."""
    with witness(moved("/again")) as seen:
        for attack in TOOLS:
            done = attack(f"GET http://{seen.place}/", "-redirects=3", "-rate=5", "-duration=1s")
            assert done.codes == {0}
            assert len(seen.take()) == 4 * len(done.hits)
        found = ours(f"GET http://{seen.place}/", "-redirects=3")
    assert {hit["outcome"] for hit in found.hits} == {"redirect"}
    assert found.code == 1


def test_a_redirect_away_is_not_followed() -> None:
    """Vegeta goes wherever it is sent; we stay on the endpoints that were judged."""
    with witness() as elsewhere, witness(moved(f"http://{elsewhere.place}/")) as seen:
        target = f"GET http://{seen.place}/"
        assert vegetas(target, "-redirects=1").codes == {200}
        assert elsewhere.take()
        away = ours(target, "-redirects=1")
        assert {hit["outcome"] for hit in away.hits} == {"redirect"}
        assert elsewhere.connections == 0
        known = ours(f"{target}\n\nGET http://{elsewhere.place}/own", "-redirects=1")
        assert known.codes == {200}
        paths = {request.head[0] for request in elsewhere.take()}
    assert paths == {"GET / HTTP/1.1", "GET /own HTTP/1.1"}


def test_timeout() -> None:
    """Both end as failed with the timeout's error, after the timeout."""
    with rude_server(stall) as url:
        for attack in TOOLS:
            done = attack(f"GET {url}", "-timeout=300ms")
            assert done.codes == {0}
            latencies = [hit["latency"] for hit in done.hits]
            assert 290_000_000 < min(latencies) <= max(latencies) < 3_000_000_000
            assert all(re.search("timeout|deadline", hit["error"]) for hit in done.hits)


def test_no_timeout() -> None:
    """0 is none: a late answer is an answer."""

    def late(connection: socket.socket) -> None:
        time.sleep(0.1)
        respond(b"late")(connection)

    with rude_server(late) as url:
        for attack in (*TOOLS, partial(ours, "-engine=curl")):
            assert attack(f"GET {url}", "-timeout=0").codes == {200}


def test_a_response_cut_short_has_no_code() -> None:
    """It is no success in a report of vegeta's, whoever wrote the hits."""
    with rude_server(close_early) as url:
        for attack in TOOLS:
            assert attack(f"GET {url}").codes == {0}


def test_unix_socket(tmp_path: Path) -> None:
    """Requests keep the host of their URL, which we do not resolve; vegeta does, for nothing."""
    path = tmp_path / "socket"
    with witness(path=path) as seen:
        sent = []
        for attack in TOOLS:
            done = attack("GET http://localhost/a?b=c", "-unix-socket", path)
            assert done.codes == {200}, done.errors
            sent.append({request.sent for request in seen.take()})
        unknown = "GET http://no.such.host.invalid/"
        assert vegetas(unknown, "-unix-socket", path).codes == {0}
        assert ours(unknown, "-unix-socket", path).codes == {200}
    assert sent[0] == sent[1]
    ((head, _),) = sent[0]
    assert {"GET /a?b=c HTTP/1.1", "Host: localhost"} < set(head)
    gone = ours("GET http://svc/", "-unix-socket", tmp_path / "gone")
    assert {hit["outcome"] for hit in gone.hits} == {"refused"}


def test_workers() -> None:
    """How many are there at the start makes no difference to what is sent, or on how many."""
    with witness() as seen:
        one = same(seen, "GET URL/", "-workers=1")
        assert one == same(seen, "GET URL/", "-workers=40", f"-max-workers={(1 << 64) - 1}")
        for attack in TOOLS:
            seen.take()
            attack(f"GET http://{seen.place}/", "-workers=40")
            assert seen.connections < 10  # one; more where the machine is late with an answer
