"""The py-compress lab is driven, found out and proved on a real ASGI service under the agent."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from heapwise.lab.library import CASES, find_case
from heapwise.lab.ports import free_ports

for needed in ("heapwise_agent", "uvicorn", "uvloop", "httptools"):
    pytest.importorskip(needed, reason=f"{needed} is part of heapwise[demo]")

CASE = find_case("py-compress")
ROUTE = "/api/v1/products"

# What malloc is asked for, by a few lines of C before it; and the agent's counters, next to it.
_COUNT = """
import asyncio, ctypes, json, sys
sys.path.insert(0, sys.argv[1])
from service import build

async def drop(_message):
    pass

async def main():
    app = build(sys.argv[2])
    if sys.argv[3] == "malloc":
        library = ctypes.CDLL(None)
        names = ("asked_bytes", "asked_times")
        totals = [ctypes.c_ulonglong.in_dll(library, name) for name in names]
        read = lambda: [total.value for total in totals]
    else:
        from heapwise_agent import sampler
        sampler.start(524288)
        read = lambda: [sampler.counters().alloc_bytes, sampler.counters().alloc_count]
    scope = {"type": "http", "path": "/api/v1/products", "query_string": b"page=3",
             "headers": [(b"accept-encoding", b"gzip")]}
    for _ in range(50):
        await app(scope, None, drop)
    before = read()
    for _ in range(500):
        await app(scope, None, drop)
    print(json.dumps([(now - then) / 500 for now, then in zip(read(), before)]))

asyncio.run(main())
"""


def heapwise(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "heapwise", *args],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip


@contextmanager
def service(compress: str) -> Iterator[int]:
    """The service alone, without the agent, on a port of its own."""
    (port,) = free_ports(1)
    command = [sys.executable, "-B", "service.py", "--port", str(port), "--compress", compress]
    with subprocess.Popen(command, cwd=CASE.directory) as process:
        try:
            deadline = time.monotonic() + 30
            while process.poll() is None and time.monotonic() < deadline:
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def ask(port: int, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    """One answer and its body as it was sent."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "identity", **headers})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("compress", ["gzip-file", "pool"])
def test_answers_are_the_same_compressed_or_not(compress: str) -> None:
    """Who takes gzip gets it, who does not gets the same bytes plain; wrong questions are told."""
    with service(compress) as port:
        for number in (0, 3, 24, 3):
            plain, body = ask(port, f"{ROUTE}?page={number}")
            packed, data = ask(port, f"{ROUTE}?page={number}", **{"Accept-Encoding": "br, gzip"})
            assert plain.status == packed.status == 200
            assert plain.getheader("Content-Encoding") is None
            assert packed.getheader("Content-Encoding") == "gzip"
            assert gzip.decompress(data) == body
            assert json.loads(body)["page"] == number
        for query, status in (("page=25", 404), ("page=x", 400), ("page=-1", 400), ("", 200)):
            assert ask(port, f"{ROUTE}?{query}")[0].status == status
        assert ask(port, "/nowhere")[0].status == 404
        counts = json.loads(ask(port, "/stats")[1])
    assert counts["requests"] == 12
    assert counts["owner_bytes"] > 0


@pytest.mark.parametrize("compress", ["gzip-file", "right-sized", "pool", "none"])
def test_the_agents_exact_counts_are_mallocs(tmp_path: Path, compress: str) -> None:
    """What a request allocates by the agent is what malloc was asked for, where all goes there."""
    library = tmp_path / "count.so"
    subprocess.run(
        ["cc", "-O2", "-shared", "-fPIC", "-o", library, CASE.directory / "malloc_count.c"],
        check=True,
    )
    counted = {}
    for by, environ in (
        ("agent", {}),
        ("malloc", {"LD_PRELOAD": str(library), "PYTHONMALLOC": "malloc"}),
    ):
        done = subprocess.run(
            [sys.executable, "-B", "-c", _COUNT, CASE.directory, compress, by],
            env=environ, capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        counted[by] = json.loads(done.stdout)
    assert counted["agent"] == pytest.approx(counted["malloc"], rel=0.001)


@pytest.mark.load
def test_the_python_lab_shows_what_it_must(tmp_path: Path) -> None:
    """`lab check` at reduced scale: found before, gone after, proved, and counted twice."""
    shipped = sorted(CASES.rglob("*"))
    done = heapwise("lab", "check", "py-compress", "-o", "out", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    variants = {variant["name"]: variant for variant in json.loads(done.stdout)["data"]["variants"]}
    assert list(variants) == ["before", "one-call", "right-sized", "after", "control"]
    codes = {
        name: [finding["code"] for finding in variant["report"]["findings"]]
        for name, variant in variants.items()
    }
    assert codes["before"][0] == codes["one-call"][0] == "HW101"
    assert "HW101" not in {*codes["after"], *codes["control"]}
    assert all(check["passed"] for variant in variants.values() for check in variant["checks"])
    rows = {row["metric"]: row for row in variants["after"]["comparison"]["rows"]}
    assert rows["bytes/work"]["delta"] <= -0.6
    assert abs(rows["response.bytes/work"]["delta"]) <= 0.05
    assert (tmp_path / "out" / "report.html").read_text("utf-8").count("before.hw")
    assert sorted(CASES.rglob("*")) == shipped  # nothing is written beside the sources


@pytest.mark.load
def test_a_demo_that_proves_nothing_says_so(tmp_path: Path) -> None:
    """Four requests are too few to find anything in: exit code 3, with a report all the same."""
    done = heapwise("demo", "-rate=2", "-duration=2s", "-o", "out", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "heapwise: py-compress does not show what it must" in done.stderr
    assert "FAIL  before" in done.stdout
    assert (tmp_path / "out" / "report.html").is_file()
