"""The programs of the gateway lab: every variant answers the same, and each is one step further."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from itertools import pairwise

import pytest

from heapwise.lab.library import find_case
from heapwise.lab.ports import free_ports

for needed in ("aiohttp", "uvloop", "heapwise_agent"):
    pytest.importorskip(needed, reason=f"{needed} is what the labs of Python need")

CASE = find_case("gateway")
ROUTE = "/api/v1/team"
NOBODY_HOME = "http://127.0.0.1:9"
"""Port 9 discards, where it is served at all."""


@contextmanager
def program(script: str, *args: str) -> Iterator[int]:
    """One of the lab's programs alone, without the agent, on a port of its own."""
    (port,) = free_ports(1)
    command = [sys.executable, "-B", script, "--port", str(port), *args]
    with subprocess.Popen(command, cwd=CASE.directory) as process:
        try:
            wait_for(process, port)
            yield port
        finally:
            process.terminate()
    assert process.returncode in {0, -15}, "it ends when it is told to, and quietly"


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Until it answers, or is gone."""
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            ask(port, "/")
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing answers at port {port}")


def ask(port: int, path: str, encoding: str = "identity") -> tuple[HTTPResponse, bytes]:
    """One answer and its body as it was sent."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": encoding})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def arguments(variant: str) -> Sequence[str]:
    """A variant's own arguments, with few sessions."""
    return [*CASE.lab.variants[variant].args, "--state", "40"]


@pytest.fixture(scope="module")
def behind() -> Iterator[str]:
    """The origin of the service behind the gateway."""
    with program("downstream.py") as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("variant", CASE.lab.ladder)
def test_every_variant_says_what_the_service_behind_it_says(behind: str, variant: str) -> None:
    """Plain or compressed it is the same: who is active in the team, and how many in each city."""
    with program("service.py", "--downstream", behind, *arguments(variant)) as port:
        for number in (0, 7, 33):
            plain, body = ask(port, f"{ROUTE}?session=s{number:06}")
            packed, data = ask(port, f"{ROUTE}?session=s{number:06}", "br, gzip")
            assert plain.status == packed.status == 200
            assert plain.getheader("Content-Encoding") is None
            assert packed.getheader("Content-Encoding") == "gzip"
            assert gzip.decompress(data) == body
            assert json.loads(body) == expected(behind, number % 20)
        counts = json.loads(ask(port, "/stats")[1])
    assert counts["requests"] == 6
    assert counts["paused_ns"] >= counts["longest_ns"] >= 0


def expected(behind: str, team: int) -> dict[str, object]:
    """What a gateway has to say of a team, the long way round."""
    users = json.loads(ask(int(behind.rpartition(":")[2]), f"/teams/{team}/users")[1])
    assert len(users) == 60
    active = [user for user in users if user["active"]]
    homes = [user["address"]["city"] for user in active]
    return {
        "count": len(active),
        "cities": {city: homes.count(city) for city in sorted(set(homes))},
        "members": [
            {
                "id": user["id"],
                "name": " ".join(user["name"].values()),
                "email": user["email"],
                "title": user["job"]["title"],
                "city": user["address"]["city"],
            }
            for user in active
        ],
    }


@pytest.mark.parametrize("variant", ["before", "after"])
def test_what_cannot_be_answered_is_said(variant: str) -> None:
    """Who is not logged in gets 401, and a service behind it that does not answer is a 502."""
    with program("service.py", "--downstream", NOBODY_HOME, *arguments(variant)) as port:
        assert ask(port, ROUTE)[0].status == 401
        assert ask(port, f"{ROUTE}?session=s000040")[0].status == 401
        assert ask(port, f"{ROUTE}?session=s000039")[0].status == 502
        assert ask(port, "/nowhere")[0].status == 404


def test_the_service_behind_it_knows_its_paths_only(behind: str) -> None:
    """Twenty teams, the same ones each time it starts, and a 404 for everything else."""
    port = int(behind.rpartition(":")[2])
    teams = [ask(port, f"/teams/{team}/users")[1] for team in range(20)]
    assert len(set(teams)) == 20
    for path in ("/teams/20/users", "/teams/x/users", "/"):
        assert ask(port, path)[0].status == 404
    with program("downstream.py") as other:
        assert [ask(other, f"/teams/{team}/users")[1] for team in range(20)] == teams


def test_a_step_changes_one_thing() -> None:
    """Each rung takes the arguments of the one before it, and one more decision."""
    args = [CASE.lab.variants[name].args for name in CASE.lab.ladder]
    decisions = [words.count("--") for words in map(" ".join, args)]
    assert decisions == list(range(len(args)))
    for one, next_ in pairwise(args):
        assert next_[: len(one)] == one
    assert {variant.build for variant in CASE.lab.variants.values()} == {
        CASE.lab.variants["before"].build
    }


@pytest.mark.parametrize("script", ["downstream.py", "service.py"])
def test_a_connection_that_is_held_open_keeps_nobody_up(behind: str, script: str) -> None:
    """Told to stop, either program does so at once, and its connections with it."""
    more = ["--downstream", behind, *arguments("after")] if script == "service.py" else []
    with program(script, *more) as port:
        held = HTTPConnection("127.0.0.1", port, timeout=10)
        held.request("GET", "/teams/0/users")
        held.getresponse().read()
        told = time.monotonic()
    assert time.monotonic() - told < 5
    held.close()
