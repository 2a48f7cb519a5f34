"""Against vegeta itself: it reads our hits, we read its, and the counts agree."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heapwise.formats.hits import plan_of, read_hits
from heapwise.formats.targets import http_targets, json_targets
from heapwise.load.metrics import summarise
from support.rude_servers import respond, rude_server
from support.targets_server import TargetServer, target_server
from support.vegeta import ours
from support.vegeta import vegeta as vegeta_program

pytestmark = pytest.mark.go


@pytest.fixture(name="vegeta")
def built_vegeta() -> Path:
    """The peer."""
    return vegeta_program()


def run(*command: str | Path, stdin: bytes = b"") -> bytes:
    """Run to the end; standard output."""
    done = subprocess.run(
        [str(word) for word in command], input=stdin, capture_output=True, check=False, timeout=60
    )
    assert done.returncode in (0, 4), done.stderr
    return done.stdout


def targets_of(server: TargetServer) -> bytes:
    """A target that answers and one that refuses."""
    return f"GET {server.url}/a\n\nGET http://127.0.0.1:1/\n".encode()


def counts_of(hits: bytes) -> tuple[int, Counter[str], int]:
    """Requests, status codes as vegeta counts them, and bytes in."""
    found, targets = read_hits(hits.splitlines())
    total = summarise(found, plan_of(found, targets)).total
    codes = Counter(total.statuses)
    if failed := int((found.status == 0).sum()):
        codes["0"] = failed
    return len(found), codes, total.bytes_in


def reported(vegeta: Path, hits: bytes) -> dict[str, Any]:
    """Vegeta's own report of hits."""
    report: dict[str, Any] = json.loads(run(vegeta, "report", "-type=json", stdin=hits))
    return report


def agree(report: dict[str, Any], hits: bytes) -> None:
    """Both count the same."""
    requests, codes, bytes_in = counts_of(hits)
    assert report["requests"] == requests == 40
    assert report["status_codes"] == codes == {"200": 20, "0": 20}
    assert report["bytes_in"]["total"] == bytes_in


def test_vegeta_reports_our_hits(vegeta: Path) -> None:
    """Requests, status codes, bytes and the longest latency are the same in both reports."""
    command = [sys.executable, "-m", "heapwise", "load", "-rate=100", "-duration=400ms"]
    with target_server() as server:
        hits = run(*command, stdin=targets_of(server))
    report = reported(vegeta, hits)
    agree(report, hits)
    found, _ = read_hits(hits.splitlines())
    assert report["latencies"]["max"] == int((found.done - found.intended).max())
    assert "refused" in report["errors"]


def test_vegeta_plots_our_hits_though_they_end_out_of_order(vegeta: Path) -> None:
    """They are numbered as they were due, which vegeta takes for the order of time."""

    def late(connection: socket.socket) -> None:
        time.sleep(0.1)
        respond(b"late")(connection)

    with rude_server(late) as url, target_server() as server:
        for flags in ((), ("-rate=0", "-max-connections=4"), ("-engine=curl",)):
            done = ours(f"GET {server.url}/\n\nGET {url}", *flags)
            assert done.code == 0
            numbers = [hit["seq"] for hit in done.hits]
            assert sorted(numbers) == list(range(len(numbers))) != numbers
            lines = "\n".join(map(json.dumps, done.hits)).encode()
            assert run(vegeta, "plot", stdin=lines + b"\n").startswith(b"<!doctype html>")


def test_we_report_vegetas_hits(vegeta: Path) -> None:
    """Its results, encoded as JSON, add up to what it reports itself."""
    with target_server() as server:
        results = run(vegeta, "attack", "-rate=50", "-duration=800ms", stdin=targets_of(server))
    hits = run(vegeta, "encode", "-to=json", stdin=results)
    agree(reported(vegeta, results), hits)
    found, targets = read_hits(hits.splitlines())
    assert {target.url.rpartition("/")[2] for target in targets} == {"a", ""}
    assert np.count_nonzero(found.outcome) == 20


def test_vegeta_sends_the_targets_we_read(vegeta: Path, tmp_path: Path) -> None:
    """Both tools make the same requests of one target file, in both formats."""
    body = tmp_path / "body"
    body.write_bytes(b"12345")
    text = f"POST URL/x\nX-A: 1\n# comment\nx-b:2\n@{body}\nDELETE URL/y\n\nGET URL/z\nX-C: 3\n"
    seen = []
    for make in (_ours, _vegetas):
        with target_server() as server:
            targets = text.replace("URL", server.url)
            make(vegeta, targets, server)
            seen.append(server.stats())
    assert seen[0].requests == seen[1].requests == 3
    for stats in seen:
        assert stats.last.startswith("GET /z HTTP/1.1")
        assert "X-C: 3" in stats.last
    as_json = json.dumps({"method": "POST", "url": "http://a/x", "header": {"X-A": ["1"]}})
    as_http = ["POST http://a/x", "X-A: 1", ""]
    read = tuple(http_targets(as_http, read_body=lambda _: b""))
    assert tuple(json_targets([as_json])) == read
    assert len(read) == 1


def _ours(_vegeta: Path, targets: str, _server: TargetServer) -> None:
    command = [sys.executable, "-m", "heapwise", "load", "-rate=10", "-duration=300ms"]
    run(*command, stdin=targets.encode())


def _vegetas(vegeta: Path, targets: str, _server: TargetServer) -> None:
    run(vegeta, "attack", "-rate=10", "-duration=300ms", stdin=targets.encode())
